import Module, { createRequire } from "node:module";
import type { Duplex } from "node:stream";
import type { IncomingMessage } from "node:http";
import type { EngineAgent } from "./dial.js";

/** The part of docker-modem that k2-compose uses. */
export interface Modem {
  dial(options: DialOptions, done: (error: Error | null, answer: IncomingMessage | Duplex) => void): void;
}

interface DialOptions {
  path: string;
  method: string;
  headers: Record<string, string | string[]>;
  /** `_body` is never used: docker-modem sends it for POST only. */
  options: { _query: Record<string, unknown>; _body: object };
  file?: Buffer | NodeJS.ReadableStream;
  statusCodes: object;
  isStream: true;
  hijack?: boolean;
  abortSignal?: AbortSignal;
}

export async function openModem(agent: EngineAgent): Promise<Modem> {
  // Loaded on first contact with an engine, so that `--help` does not load it.
  const DockerModem = (modemClass ??= loadModem());
  // Not by its constructor, which reads DOCKER_HOST and its certificates even if all options are passed.
  return Object.assign(Object.create(DockerModem.prototype) as Modem, fields, { agent, headers: {} });
}

type ModemClass = { prototype: Modem };
let modemClass: ModemClass | undefined;

/**
 * Loads dockerode's HTTP client without its gRPC and ssh modules, which are not used (builds have their own gRPC client, and
 * ssh is OpenSSH: docs/decisions/ssh-by-openssh.md) and cost a tenth of a second of processor time in each run. Other
 * modules of the process that load dockerode themselves are not affected. docker-modem requires its ssh module at the top
 * of its only entry file: only the module cache can keep it from loading.
 */
function loadModem(): ModemClass {
  const load = createRequire(createRequire(import.meta.url).resolve("dockerode/package.json"));
  const path = load.resolve("docker-modem");
  const known = load.cache[path];
  if (known) return known.exports as ModemClass;
  const ssh = load.resolve("docker-modem/lib/ssh");
  const noSsh = new Module(ssh);
  noSsh.exports = () => {
    throw new Error("ssh connections use OpenSSH");
  };
  noSsh.loaded = true;
  load.cache[ssh] = noSsh;
  try {
    return load("docker-modem") as ModemClass;
  } finally {
    delete load.cache[ssh];
    delete load.cache[path];
  }
}

/** The fields that docker-modem's constructor sets. The agent alone knows the way. */
const fields = {
  protocol: "http",
  host: "engine",
  port: 80,
  pathPrefix: "/",
  socketPath: undefined,
  username: undefined,
  password: undefined,
  version: undefined,
  ca: undefined,
  cert: undefined,
  key: undefined,
  timeout: undefined,
  sshOptions: {},
};
