import type { Duplex } from "node:stream";
import type { IncomingMessage } from "node:http";
import type { EngineAgent } from "./dial.js";

/** The part of docker-modem that k2-compose uses. */
export interface Modem {
  dial(options: DialOptions, done: (error: Error | null, answer: IncomingMessage | Duplex) => void): void;
}

export interface DialOptions {
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
  // Loaded when the first engine is spoken to: it takes 100 ms, which `--help` should not.
  const { default: Docker } = await import("dockerode");
  return withoutDockerEnvironment(() => new Docker({ ...inert, agent } as object).modem as Modem);
}

/** Every field that docker-modem would otherwise take from the environment. The agent alone knows the way. */
const inert = {
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

/** docker-modem's constructor reads DOCKER_HOST and the certificates beside it even when told everything. */
function withoutDockerEnvironment<T>(create: () => T): T {
  const { DOCKER_HOST } = process.env;
  delete process.env.DOCKER_HOST;
  try {
    return create();
  } finally {
    if (DOCKER_HOST !== undefined) process.env.DOCKER_HOST = DOCKER_HOST;
  }
}
