import { existsSync } from "node:fs";
import { join } from "node:path";
import { buildFromGo, hasGo } from "../support/go.mjs";
import { cacheFolder } from "../support/paths.mjs";

const version = "v5.5.1";

/** Returns the docker compose program that tests compare with; undefined if it has not been built. */
export function composeOracle() {
  return existsSync(binary()) ? binary() : undefined;
}

export async function oracle(progress) {
  if (composeOracle()) return version;
  if (!hasGo()) return `NOT HERE: Go is not installed; the tests that compare with ${version} are SKIPPED`;
  await buildFromGo(
    {
      name: "docker-compose",
      package: "github.com/docker/compose/v5/cmd",
      requires: { "github.com/docker/compose/v5": version },
      ldflags: `-X github.com/docker/compose/v5/internal.Version=${version}`,
      output: binary(),
    },
    progress,
  );
  return `${version} built from Go modules`;
}

function binary() {
  return join(cacheFolder("bin"), `docker-compose-${version}`);
}
