import type { IncomingMessage } from "node:http";
import type { Duplex, Readable } from "node:stream";
import { K2Error } from "../../shared/errors.js";
import type { HostRef } from "../../model/host-ref.js";
import { type Call, hijack, type Method, open, request } from "./call.js";
import type { Modem } from "./docker-modem.js";
import { endWith, isLong, keepWatch, watched } from "./liveness.js";
import { openTransport, type ConnectionSettings, type Transport } from "./transport.js";
import { negotiate } from "./api-version.js";

export type { HostRef } from "../../model/host-ref.js";
export type { Call, Method } from "./call.js";
export type { ConnectionSettings } from "./transport.js";

/** The engine of one host. Paths are those of the Engine API without version: "/containers/json". */
export interface Engine {
  readonly host: HostRef;
  /** The environment of the session: credentials and docker's settings are read from it. */
  readonly env: ConnectionSettings["env"];
  /** Answers of this engine that the session keeps. All names of one address share them. */
  readonly memory: EngineMemory;
  /** Reads what the first connection needs, such as certificates, and connects to nothing. */
  prepare(): Promise<void>;
  /** It tries to connect, and there has been no connection yet. Reading certificates comes before it. */
  isConnecting(): boolean;
  /** The API version that is spoken: the lower of ours and the engine's, or the pinned one. */
  apiVersion(): Promise<string>;
  get<T>(path: string, call?: Call): Promise<T>;
  post<T>(path: string, call?: Call): Promise<T>;
  put<T>(path: string, call?: Call): Promise<T>;
  delete<T>(path: string, call?: Call): Promise<T>;
  /** Throws K2Error if the engine does not answer. */
  ping(signal?: AbortSignal): Promise<void>;
  /** For long responses: logs, events, pull, build, archives. Ends with an error when the engine goes away. */
  stream(method: Method, path: string, call?: Call): Promise<IncomingMessage>;
  /** A bidirectional connection: exec, attach, session. */
  hijack(path: string, call?: Call): Promise<Duplex>;
}

/** The engines of one session. Hosts that share an address share its connections. */
export class Connections {
  private readonly engines = new Map<string, Engine>();
  private readonly lines = new Map<string, Line>();

  constructor(private readonly surroundings: ConnectionSettings) {}

  /** Opens nothing: the engine's first call does. */
  engine(host: HostRef): Engine {
    const key = JSON.stringify([host.address, host.tls ?? "", pinned(host, this.surroundings.env) ?? "auto"]);
    const named = JSON.stringify([host.name, key]);
    let engine = this.engines.get(named);
    if (engine === undefined) {
      engine = new PooledEngine(host, this.lineOf(key), this.surroundings);
      this.engines.set(named, engine);
    }
    return engine;
  }

  /** Drops what was kept under `make` of every engine. */
  forget(make: () => unknown): void {
    for (const { memory } of this.lines.values()) memory.drop(make);
  }

  async close(): Promise<void> {
    const open = [...this.lines.values()];
    this.lines.clear();
    this.engines.clear();
    await Promise.all(open.map(async ({ transport }) => (await transport?.catch(() => undefined))?.close()));
  }

  private lineOf(key: string): Line {
    const known = this.lines.get(key);
    if (known !== undefined) return known;
    const line = { memory: new EngineMemory() };
    this.lines.set(key, line);
    return line;
  }
}

/**
 * Values that a session keeps of one engine: shared pulls, slots, the engine's id. The function that makes a value is its key,
 * so that the file that needs the value defines it, and no map of one session outlives it at module level.
 */
class EngineMemory {
  private readonly values = new Map<() => unknown, unknown>();

  /** Makes the value on its first use. */
  of<T>(make: () => T): T {
    if (!this.values.has(make)) this.values.set(make, make());
    return this.values.get(make) as T;
  }

  drop(make: () => unknown): void {
    this.values.delete(make);
  }
}

/** State shared by all names of one address. */
interface Line {
  memory: EngineMemory;
  /** Undefined before the first connection is tried. */
  isConnected?: boolean;
  transport?: Promise<Transport>;
  version?: Promise<string>;
}

class PooledEngine implements Engine {
  constructor(
    readonly host: HostRef,
    private readonly line: Line,
    private readonly surroundings: ConnectionSettings,
  ) {}

  get env(): ConnectionSettings["env"] {
    return this.surroundings.env;
  }

  get memory(): EngineMemory {
    return this.line.memory;
  }

  async prepare(): Promise<void> {
    await this.transport();
  }

  isConnecting(): boolean {
    return this.line.isConnected === false;
  }

  apiVersion(): Promise<string> {
    const pin = pinned(this.host, this.env);
    if (pin !== undefined) return Promise.resolve().then(() => assertVersion(pin, this.host));
    return this.remember("version", () => negotiate(this.host, (path, call) => this.call("GET", path, call)));
  }

  get<T>(path: string, call: Call = {}): Promise<T> {
    return this.versioned("GET", path, call);
  }

  post<T>(path: string, call: Call = {}): Promise<T> {
    return this.versioned("POST", path, call);
  }

  put<T>(path: string, call: Call = {}): Promise<T> {
    return this.versioned("PUT", path, call);
  }

  delete<T>(path: string, call: Call = {}): Promise<T> {
    return this.versioned("DELETE", path, call);
  }

  stream(method: Method, path: string, call: Call = {}): Promise<IncomingMessage> {
    return this.opened(path, call, (streams, versioned, patient) =>
      open(streams, this.host, method, versioned, patient),
    );
  }

  hijack(path: string, call: Call = {}): Promise<Duplex> {
    return this.opened(path, call, (streams, versioned, patient) =>
      hijack(streams, this.host, versioned, patient),
    );
  }

  private async opened<Answer extends Readable>(
    path: string,
    call: Call,
    send: (streams: Modem, path: string, call: Call) => Promise<Answer>,
  ): Promise<Answer> {
    const [prefix, { streams }] = await Promise.all([this.prefix(), this.transport()]);
    const answer = await watched(call, this.ping, (patient) => send(streams, prefix + path, patient));
    keepWatch(answer, this.ping);
    if (call.signal !== undefined) endWith(call.signal, answer, this.host);
    return answer;
  }

  private async versioned<T>(method: Method, path: string, call: Call): Promise<T> {
    return (await this.call(method, (await this.prefix()) + path, call)) as T;
  }

  private async call(method: Method, path: string, call: Call): Promise<unknown> {
    const { calls, streams } = await this.transport();
    // Slow calls must not block fast ones.
    const modem = isLong(call) ? streams : calls;
    return watched(call, this.ping, (patient) => request(modem, this.host, method, path, patient));
  }

  readonly ping = async (signal?: AbortSignal): Promise<void> => {
    await this.call("GET", "/_ping", { timeout: 10_000, signal });
  };

  private async prefix(): Promise<string> {
    return `/v${await this.apiVersion()}`;
  }

  private transport(): Promise<Transport> {
    const { line } = this;
    return this.remember("transport", () =>
      openTransport(this.host, this.surroundings, (isConnected) => (line.isConnected ||= isConnected)),
    );
  }

  /** A failure is not cached: the next call tries again. */
  private remember<K extends "transport" | "version">(
    what: K,
    make: () => NonNullable<Line[K]>,
  ): NonNullable<Line[K]> {
    const known = this.line[what];
    if (known !== undefined) return known;
    const made = make();
    this.line[what] = made;
    made.catch(() => delete this.line[what]);
    return made;
  }
}

/** Engines do not validate the version in the path, and answer "page not found". */
function assertVersion(pin: string, host: HostRef): string {
  if (/^\d+\.\d+$/.test(pin)) return pin;
  throw new K2Error("usage", `invalid API version "${pin}"`, {
    at: host.name,
    hint: 'Set DOCKER_API_VERSION, or the host\'s `api_version:`, to "auto" or one like "1.41".',
  });
}

function pinned(host: HostRef, env: ConnectionSettings["env"]): string | undefined {
  const pin = host.api_version ?? env.DOCKER_API_VERSION;
  return pin === undefined || pin === "" || pin === "auto" ? undefined : pin.replace(/^v/, "");
}
