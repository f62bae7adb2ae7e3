import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cacheFolder } from "./paths.mjs";
import { run, which } from "./process.mjs";

export function hasGo() {
  return which("go") !== undefined;
}

/**
 * Builds a program from Go modules. `go install pkg@version` rejects modules with replace directives, so each program
 * gets its own module in the cache that requires it.
 */
export async function buildFromGo(program, progress) {
  if (existsSync(program.output)) return;
  const folder = cacheFolder("go", program.name);
  // Only the direct requirements: go adds the others to go.mod and go.sum (-mod=mod), verified against its checksum
  // database.
  writeFileSync(join(folder, "go.mod"), goMod(program));
  mkdirSync(dirname(program.output), { recursive: true });
  const unfinished = `${program.output}.unfinished`;
  const tags = program.tags ? ["-tags", program.tags] : [];
  const ldflags = ["-ldflags", `-s -w ${program.ldflags ?? ""}`.trim()];
  const args = [
    "build",
    "-mod=mod",
    "-trimpath",
    "-v",
    ...tags,
    ...ldflags,
    "-o",
    unfinished,
    program.package,
  ];
  let packages = 0;
  await run("go", args, {
    cwd: folder,
    env: { ...process.env, CGO_ENABLED: program.cgo ? "1" : "0", GOFLAGS: "-buildvcs=false", GOWORK: "off" },
    onLine: (text) =>
      progress(progressOf(program.name, text, text.startsWith("go: ") ? packages : ++packages)),
  });
  renameSync(unfinished, program.output);
}

function goMod({ name, requires, replaces = {} }) {
  const lines = [`module k2-compose.local/${name}`, "", "go 1.25.0", ""];
  for (const [module, version] of Object.entries(requires)) lines.push(`require ${module} ${version}`);
  for (const [module, target] of Object.entries(replaces)) lines.push(`replace ${module} => ${target}`);
  return lines.join("\n") + "\n";
}

function progressOf(name, text, packages) {
  return text.startsWith("go: ")
    ? `${name}: ${text.slice(4)}`
    : `building ${name} from Go modules, ${packages} packages`;
}
