import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { linked, nameServiceLibraries, tree, unpackPackages } from "./debian-files.mjs";
import { imageFile } from "./image-file.mjs";
import { cacheFolder } from "./paths.mjs";
import { run } from "./process.mjs";

const packages = ["busybox-static", "docker-registry", "nginx", "python3", "redis-server"];
const text = (path, content, mode) => ({ path, content, mode });

/**
 * Builds the images of the examples and of the tests from Debian's packages, as archives in the cache. Returns the path
 * of the archive for its name: `example` or `test`.
 */
export function debianImages(progress) {
  return (packed ??= packImages(progress));
}

// Every host of the test bed requests this once, all at the same time.
let packed;

async function packImages(progress) {
  const folder = cacheFolder("images");
  const path = (name) => join(folder, `${name}-${recipe()}.tar`);
  const result = { example: path("example"), test: path("test") };
  if (Object.values(result).every(existsSync)) return result;
  for (const old of readdirSync(folder)) rmSync(join(folder, old));
  const files = await unpackPackages(packages, progress);
  progress("packing images");
  const base = await baseEntries(files);
  save(result.example, [await nginx(files, base), await redis(files, base), await python(files, base)]);
  save(result.test, [busybox(base, "1"), busybox(base, "2")]);
  return result;
}

/** Debian's registry server, for the tests that push and pull. */
export async function registryProgram(progress) {
  return join(await unpackPackages(packages, progress), "usr/bin/docker-registry");
}

export const debianImageNames = {
  example: {
    NGINX_IMAGE: "k2-example/nginx:1",
    REDIS_IMAGE: "k2-example/redis:1",
    PYTHON_IMAGE: "k2-example/python:1",
  },
  test: ["k2-test/busybox:1", "k2-test/busybox:2"],
};

/** Two versions of one image, for the tests that change a service's image. */
function busybox(base, version) {
  return { name: `k2-test/busybox:${version}`, entries: base, config: { Cmd: ["sh"], Labels: { version } } };
}

async function nginx(files, base) {
  const entries = [
    ...base,
    ...(await linked(files, "usr/sbin/nginx")),
    ...nameServiceLibraries(files),
    text("etc/nginx/mime.types", readFileSync(join(files, "etc/nginx/mime.types"))),
    text("etc/nginx/nginx.conf", nginxConf),
    text("etc/nginx/conf.d/default.conf", "server {\n  listen 80;\n  root /usr/share/nginx/html;\n}\n"),
    text("usr/share/nginx/html/index.html", "<h1>nginx</h1>\n"),
    { path: "var/lib/nginx", folder: true },
    { path: "var/log/nginx/access.log", link: "/dev/stdout" },
    { path: "var/log/nginx/error.log", link: "/dev/stderr" },
  ];
  const config = {
    Cmd: ["nginx", "-g", "daemon off;"],
    ExposedPorts: { "80/tcp": {} },
    StopSignal: "SIGQUIT",
  };
  return { name: "k2-example/nginx:1", entries, config };
}

async function redis(files, base) {
  const entries = [
    ...base,
    ...(await linked(files, "usr/bin/redis-server", "usr/local/bin/redis-server")),
    ...(await linked(files, "usr/bin/redis-cli", "usr/local/bin/redis-cli")),
    ...nameServiceLibraries(files),
    text("usr/local/bin/docker-entrypoint.sh", redisEntrypoint, 0o755),
    { path: "data", folder: true },
  ];
  const config = {
    Entrypoint: ["docker-entrypoint.sh"],
    Cmd: ["redis-server"],
    ExposedPorts: { "6379/tcp": {} },
    Volumes: { "/data": {} },
    WorkingDir: "/data",
  };
  return { name: "k2-example/redis:1", entries, config };
}

async function python(files, base) {
  const name = readdirSync(join(files, "usr/bin")).find((program) => /^python3\.\d+$/.test(program));
  const library = `usr/lib/${name}`;
  const modules = readdirSync(join(files, library, "lib-dynload")).filter(
    (module) => !/curses|dbm|readline|sqlite|test|tkinter/.test(module),
  );
  const entries = [
    ...base,
    ...(await linked(files, `usr/bin/${name}`)),
    ...(await Promise.all(modules.map((module) => linked(files, `${library}/lib-dynload/${module}`)))).flat(),
    ...nameServiceLibraries(files),
    ...tree(
      files,
      library,
      /^(test|lib2to3|idlelib|pydoc_data|ensurepip|distutils|config-|lib-dynload|sqlite3|curses|tkinter|unittest)/,
    ),
    ...["python", "python3"].map((alias) => ({ path: `usr/bin/${alias}`, link: name })),
  ];
  return { name: "k2-example/python:1", entries, config: { Cmd: ["python3"] } };
}

/** busybox with all its commands, and the files that every program expects. */
async function baseEntries(files) {
  const program = existsSync(join(files, "bin/busybox")) ? "bin/busybox" : "usr/bin/busybox";
  const { stdout } = await run(join(files, program), ["--list-full"]);
  const commands = stdout
    .trim()
    .split("\n")
    .filter((path) => !path.endsWith("/busybox"));
  return [
    { path: "bin/busybox", content: readFileSync(join(files, program)), mode: 0o755 },
    ...commands.map((path) => ({ path, link: "/bin/busybox" })),
    text(
      "etc/passwd",
      "root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33::/var/www:/bin/false\nnobody:x:65534:65534::/:/bin/false\n",
    ),
    text("etc/group", "root:x:0:\nwww-data:x:33:\nnogroup:x:65534:\n"),
    text("etc/nsswitch.conf", "hosts: files dns\n"),
    { path: "tmp", folder: true, mode: 0o1777 },
    { path: "run", folder: true },
    { path: "root", folder: true, mode: 0o700 },
    { path: "var/run", link: "/run" },
  ];
}

const nginxConf = `user www-data;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log notice;
events {}
http {
  include mime.types;
  access_log /var/log/nginx/access.log;
  include conf.d/*.conf;
}
`;

// As in the official image: the engine's networks protect redis, not its protected mode.
const redisEntrypoint = `#!/bin/sh
if [ "$1" = redis-server ]; then
  shift
  exec redis-server --protected-mode no "$@"
fi
exec "$@"
`;

function save(path, images) {
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, imageFile(images));
  renameSync(unfinished, path);
}

/** Changes when the contents of an image or the way it is built change here. */
function recipe() {
  const sources = ["debian-images.mjs", "debian-files.mjs", "image-file.mjs", "tar.mjs"];
  const hash = createHash("sha256");
  for (const source of sources) hash.update(readFileSync(new URL(source, import.meta.url)));
  return hash.digest("hex").slice(0, 12);
}
