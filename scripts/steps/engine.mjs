import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { engineVersion } from "../support/engine-api.mjs";
import { SetupError } from "../support/step.mjs";
import { canInstall, installEngine, startEngine } from "./engine-from-debian.mjs";

const socket = "unix:///var/run/docker.sock";

/**
 * The engine that the example runs on: DOCKER_HOST, the docker context, the local socket, or one installed from the
 * distribution.
 */
export async function engine(progress) {
  const { from, ...wanted } = wantedEngine();
  const found = await engineVersion(wanted, 10_000);
  if (found) return result(wanted, found, from);
  if (from !== "local socket") {
    throw new SetupError(
      `No Docker engine answers at ${wanted.address} (from ${from}). Start it, or unset ${from}, and run this again.`,
    );
  }
  if (!canInstall()) {
    throw new SetupError(
      "No Docker engine answers at /var/run/docker.sock. Install one (https://docs.docker.com/engine/install) and start it, " +
        "or set DOCKER_HOST, and run this again. (On Debian and Ubuntu, root gets it installed by this script.)",
    );
  }
  await installEngine(progress);
  const logFile = await startEngine(progress);
  const started = await engineVersion(wanted);
  if (!started) throw new SetupError(`dockerd was started but does not answer; its log is ${logFile}.`);
  return result(wanted, started, `started here, log ${logFile}`);
}

/** Finds the engine's address by the same rules as the docker CLI. */
export function wantedEngine(env = process.env) {
  if (env.DOCKER_HOST) {
    const tls = env.DOCKER_TLS_VERIFY ? (env.DOCKER_CERT_PATH ?? join(homedir(), ".docker")) : undefined;
    return { address: env.DOCKER_HOST, certificates: tls, from: "DOCKER_HOST" };
  }
  return contextEngine(env) ?? { address: socket, from: "local socket" };
}

function contextEngine(env) {
  const docker = env.DOCKER_CONFIG ?? join(homedir(), ".docker");
  const name = env.DOCKER_CONTEXT ?? readJson(join(docker, "config.json"))?.currentContext;
  if (!name || name === "default") return undefined;
  // The docker CLI names a context's folder by the SHA-256 of the context's name.
  const id = createHash("sha256").update(name).digest("hex");
  const address = readJson(join(docker, "contexts/meta", id, "meta.json"))?.Endpoints?.docker?.Host;
  if (!address)
    throw new SetupError(
      `The docker context ${name} does not exist. Choose another with \`docker context use\`, and run this again.`,
    );
  const certificates = join(docker, "contexts/tls", id, "docker");
  const from = env.DOCKER_CONTEXT ? "DOCKER_CONTEXT" : `docker context ${name}`;
  return { address, certificates: existsSync(certificates) ? certificates : undefined, from };
}

function result(found, { Version, ApiVersion }, from) {
  return { detail: `${Version} (API ${ApiVersion}), ${from}`, value: found };
}

function readJson(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
}
