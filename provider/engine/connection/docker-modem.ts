import http, { type IncomingMessage } from "node:http";
import Module, { createRequire } from "node:module";
import type { Duplex } from "node:stream";
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

/** The modules of docker-modem that are not used, with their replacements. */
const replacements: Record<string, unknown> = {
  // It loads a tenth of a second's worth of modules. ssh is OpenSSH: docs/decisions/ssh-by-openssh.md
  "docker-modem/lib/ssh": () => {
    throw new Error("ssh connections use OpenSSH");
  },
  // It follows redirects, to any address that the server names.
  "docker-modem/lib/http": { http },
};

/**
 * Loads dockerode's HTTP client with other modules in place of some of its own. docker-modem requires them at the top of its
 * only entry file: only the module cache can keep them from loading. Other modules of the process that load dockerode
 * themselves are not affected.
 */
function loadModem(): ModemClass {
  const load = createRequire(createRequire(import.meta.url).resolve("dockerode/package.json"));
  const paths = ["docker-modem", ...Object.keys(replacements)].map((name) => load.resolve(name));
  const known = paths.map((path) => [path, load.cache[path]] as const);
  for (const [path] of known) delete load.cache[path];
  for (const [name, exports] of Object.entries(replacements)) {
    const path = load.resolve(name);
    load.cache[path] = Object.assign(new Module(path), { exports, loaded: true });
  }
  try {
    return load("docker-modem") as ModemClass;
  } finally {
    for (const [path, module] of known) {
      if (module) load.cache[path] = module;
      else delete load.cache[path];
    }
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
