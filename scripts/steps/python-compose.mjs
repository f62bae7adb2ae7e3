import { chmodSync, existsSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDebian } from "../support/debian.mjs";
import { unpackPackages } from "../support/debian-files.mjs";

/**
 * Installs Debian's docker-compose 1.29.2, the last version in Python, for the tests that adopt its deployments. It is
 * unpacked together with its own Python, so that nothing is installed system-wide. Undefined if Debian's packages are
 * not available or contain a newer version.
 */
export async function pythonCompose(progress) {
  if (!isDebian()) return undefined;
  const files = await unpackPackages(["docker-compose"], progress);
  const script = join(files, "usr/bin/docker-compose");
  if (!existsSync(join(files, "usr/lib/python3/dist-packages/compose"))) return undefined;
  return launcher(files, script);
}

const machine = {
  x64: { loader: "lib64/ld-linux-x86-64.so.2", libraries: "x86_64-linux-gnu" },
  arm64: { loader: "lib/ld-linux-aarch64.so.1", libraries: "aarch64-linux-gnu" },
}[process.arch];

/** Sets the paths, because its programs and libraries are not in their default locations. */
function launcher(files, script) {
  const path = join(files, "docker-compose-1");
  if (existsSync(path)) return path;
  const libraries = ["lib", "usr/lib"].map((folder) => join(files, folder, machine.libraries)).join(":");
  const environment = [
    `PYTHONHOME=${join(files, "usr")}`,
    `PYTHONPATH=${join(files, "usr/lib/python3/dist-packages")}`,
    "PYTHONDONTWRITEBYTECODE=1",
  ].join(" ");
  const python = join(files, "usr/bin/python3");
  const command = `${join(files, machine.loader)} --library-path ${libraries} ${python} ${script}`;
  writeFileSync(`${path}-${process.pid}`, `#!/bin/sh\nexec env ${environment} ${command} "$@"\n`);
  chmodSync(`${path}-${process.pid}`, 0o755);
  renameSync(`${path}-${process.pid}`, path);
  return path;
}
