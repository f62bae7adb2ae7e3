import { Agent, type AgentOptions } from "node:http";
import { connect as connectNet, isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { inspect } from "node:util";
import { systemCodeOf } from "../../shared/errors.js";
import { abortReason, deadlineAfter, sleep } from "./deadline.js";
import type { Endpoint } from "./endpoint.js";

const connectTimeout = 10_000;

/** Opens one connection to an engine; the result is ready to carry HTTP. */
export type Dial = () => Promise<Socket>;

export function dialer(endpoint: Exclude<Endpoint, { kind: "ssh" }>, timeout = connectTimeout): Dial {
  switch (endpoint.kind) {
    case "unix":
      return () => dialUnix(endpoint.path, timeout);
    case "tcp":
      return () =>
        established(connectNet({ ...direct, host: endpoint.host, port: endpoint.port }), "connect", timeout);
    case "tls": {
      const { host, port, material, verify } = endpoint;
      const servername = isIP(host) === 0 ? { servername: host } : {};
      const options = { ...direct, ...servername, ...material, host, port, rejectUnauthorized: verify };
      // Throws immediately if the TLS material is invalid.
      return async () => established(connectTls(options), "secureConnect", timeout);
    }
  }
}

/** A Unix socket whose queue is full rejects connections immediately, where TCP would wait. */
export async function dialUnix(path: string, timeout = connectTimeout): Promise<Socket> {
  const end = Date.now() + timeout;
  for (;;) {
    try {
      return await established(connectNet({ path }), "connect", timeout);
    } catch (error) {
      if (systemCodeOf(error) !== "EAGAIN" || Date.now() > end) throw error;
      await sleep(20 + Math.random() * 30);
    }
  }
}

/** An agent that sends plain HTTP over the connection that `dial` opens: TLS and SSH need no agent of their own. */
export class EngineAgent extends Agent {
  constructor(
    private readonly dial: Dial,
    options: AgentOptions,
  ) {
    super(options);
  }

  override createConnection(
    _options: object,
    done?: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    this.dial().then(
      (socket) => done?.(null, socket),
      (error: Error) => done?.(error, undefined as never),
    );
  }

  /** docker-modem formats its options, including the agent, on every request, even without debugging. */
  [inspect.custom](): string {
    return "EngineAgent";
  }
}

const direct = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 10_000 };

/** Resolves once the socket can transfer data. */
function established(socket: Socket, event: "connect" | "secureConnect", timeout: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const limit = deadlineAfter(timeout);
    limit.signal.addEventListener("abort", () => socket.destroy(abortReason(limit.signal)), { once: true });
    const fail = (error: Error) => {
      limit.clear();
      reject(error);
    };
    socket.once("error", fail);
    socket.once(event, () => {
      limit.clear();
      socket.off("error", fail);
      resolve(socket);
    });
  });
}
