import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { basename, join } from "node:path";
import { aptUpdate } from "./debian.mjs";
import { cacheFolder } from "./paths.mjs";
import { run } from "./process.mjs";
import { sha256 } from "./tar.mjs";

const machine = {
  x64: { loader: "lib64/ld-linux-x86-64.so.2", libraries: "x86_64-linux-gnu" },
  arm64: { loader: "lib/ld-linux-aarch64.so.1", libraries: "aarch64-linux-gnu" },
}[process.arch];

// Dependencies of the installation only: the programs are extracted from their packages.
const notNeeded =
  /^(c?debconf|dpkg|perl|libperl|libgdbm|adduser|passwd|tar|install-info|init-system|libpam|lsb-|sysvinit|usr|gcc-|iproute2|libfile|libnumber|libtext|mailcap|mime-support|libsemanage|libaudit|libslang|libnewt|libdebian|libbpf)/;

/**
 * Downloads packages and their dependencies and unpacks them without installing them. Returns the folder of the files.
 */
export async function unpackPackages(packages, progress) {
  const done = join(cacheFolder(), `debian-${sha256(packages.join(" ")).slice(0, 12)}`);
  if (existsSync(done)) return done;
  await aptUpdate(progress);
  const all = await withDependencies(packages);
  // Processes may run this concurrently: each uses its own folder, and the first to finish renames it into place.
  const folder = mkdtempSync(`${done}-`);
  progress(`downloading ${packages.join(", ")} and libraries from Debian's packages`);
  // apt drops root privileges for downloads and could then not write to a folder below root's home.
  await run("apt-get", ["-o", "APT::Sandbox::User=root", "download", ...all], { cwd: folder });
  for (const name of readdirSync(folder).filter((name) => name.endsWith(".deb"))) {
    progress(`unpacking ${name}`);
    await run("dpkg", ["-x", name, folder], { cwd: folder });
    rmSync(join(folder, name));
  }
  if (existsSync(done)) rmSync(folder, { recursive: true });
  else renameSync(folder, done);
  return done;
}

/** A program or library and its shared libraries, as entries of an image. */
export async function linked(files, path, target = path) {
  const { stdout } = await run(join(files, machine.loader), [
    "--library-path",
    libraryFolders(files),
    "--list",
    join(files, path),
  ]);
  const missing = stdout.match(/(\S+) => not found/);
  if (missing) throw new Error(`${path} needs ${missing[1]}, which is in none of the unpacked packages`);
  const libraries = [...stdout.matchAll(/=> (\/\S+)/g)].map(([, library]) => library);
  return [
    { path: target, content: readFileSync(join(files, path)), mode: 0o755 },
    { path: machine.loader, content: readFileSync(realpathSync(join(files, machine.loader))), mode: 0o755 },
    ...libraries.map((library) => libraryEntry(library)),
  ];
}

/** The C library loads these at run time to resolve names (newer versions contain them). */
export function nameServiceLibraries(files) {
  const paths = ["libnss_files.so.2", "libnss_dns.so.2", "libresolv.so.2"].map((name) =>
    join(files, "lib", machine.libraries, name),
  );
  return paths.filter((path) => existsSync(path)).map((path) => libraryEntry(path));
}

/** All files below a folder except those that `leaveOut` matches. */
export function tree(files, folder, leaveOut = /$^/) {
  const names = readdirSync(join(files, folder), { recursive: true }).filter((name) => !leaveOut.test(name));
  const paths = names
    .map((name) => join(folder, name))
    .filter((path) => statSync(join(files, path), { throwIfNoEntry: false })?.isFile());
  return paths.map((path) => ({ path, content: readFileSync(join(files, path)) }));
}

function libraryEntry(path) {
  return {
    path: `usr/lib/${machine.libraries}/${basename(path)}`,
    content: readFileSync(realpathSync(path)),
  };
}

function libraryFolders(files) {
  return ["lib", "usr/lib"].map((folder) => join(files, folder, machine.libraries)).join(":");
}

async function withDependencies(packages) {
  const kinds = ["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"].map(
    (kind) => `--no-${kind}`,
  );
  const { stdout } = await run("apt-cache", ["depends", "--recurse", ...kinds, ...packages]);
  const names = stdout.split("\n").filter((text) => /^[a-z0-9][^:]*$/.test(text));
  return [...new Set(names)].filter((name) => !notNeeded.test(name)).sort();
}
