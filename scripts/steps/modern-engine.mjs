import { existsSync } from "node:fs";
import { join } from "node:path";
import { aptInstall, isDebianRoot } from "../support/debian.mjs";
import { buildFromGo, hasGo } from "../support/go.mjs";
import { cacheFolder } from "../support/paths.mjs";
import { which } from "../support/process.mjs";

const version = "v2.0.0-beta.24";
const runcVersion = "v1.4.2";

/**
 * Returns the folder with current dockerd, docker-proxy and runc, for the start of an engine's PATH; undefined if it
 * has not been built.
 */
export function modernEngineBin() {
  return ["dockerd", "docker-proxy", "runc"].every((name) => existsSync(binary(name))) ? folder() : undefined;
}

/**
 * Builds a current engine, so that tests also cover an engine newer than the distribution's: it has API 1.56 and the
 * containerd image store.
 */
export async function modernEngine(progress) {
  if (modernEngineBin()) return `moby ${version}, runc ${runcVersion}`;
  const missing = await missingTools(progress);
  if (missing) return `NO moby ${version}: ${missing}; the tests on it are SKIPPED`;
  const moby = {
    requires: { "github.com/moby/moby/v2": version },
    tags: "exclude_graphdriver_btrfs no_systemd",
    ldflags: `-X github.com/moby/moby/v2/dockerversion.Version=${version.slice(1)}`,
  };
  const runc = { requires: { "github.com/opencontainers/runc": runcVersion }, tags: "seccomp", cgo: true };
  await buildFromGo(
    { ...runc, name: "runc", package: "github.com/opencontainers/runc", output: binary("runc") },
    progress,
  );
  for (const name of ["docker-proxy", "dockerd"]) {
    await buildFromGo(
      { ...moby, name, package: `github.com/moby/moby/v2/cmd/${name}`, output: binary(name) },
      progress,
    );
  }
  return `moby ${version}, runc ${runcVersion} built from Go modules`;
}

async function missingTools(progress) {
  if (!hasGo()) return "Go is not installed";
  if (!which("containerd")) return "containerd is not installed";
  const header = "/usr/include/seccomp.h";
  if ((!existsSync(header) || !which("gcc")) && isDebianRoot())
    await aptInstall(["libseccomp-dev", "pkg-config", "gcc", "libc6-dev"], progress);
  return existsSync(header) && which("gcc") ? undefined : "runc needs a C compiler and libseccomp's headers";
}

function folder() {
  return cacheFolder("bin", `moby-${version}`);
}

function binary(name) {
  return join(folder(), name);
}
