import { EventEmitter, once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { gateway } from "../bed/bed-place.js";
import { freePort } from "../free-port.js";

/**
 * A TCP proxy in front of a registry or an engine, reachable from all engines of the bed. It counts bytes, limits the
 * speed and breaks connections.
 */
export interface TcpProxy {
  /** "10.99.0.1:4000": the prefix of image names, in place of the registry's address. */
  address: string;
  /** Breaks all connections after this number of bytes (both directions), and refuses new ones until `restore`. */
  breakAfter(bytes: number): void;
  /** Passes nothing on after this number of bytes (both directions), with all connections open, until `restore`. */
  stallAfter(bytes: number): void;
  restore(): Promise<void>;
  /** Limits the bytes per second of each connection. */
  limit(speed: number): void;
  /** Returns the bytes sent to the target since the last call. */
  bytesSent(): number;
  close(): Promise<void>;
}

/** Starts the proxy; the bed must run. */
export async function tcpProxyTo({ address }: { address: string }): Promise<TcpProxy> {
  const [host, port] = address.replace("tcp://", "").split(":") as [string, string];
  const own = await freePort(gateway());
  const open = new Set<Socket>();
  let left = Infinity;
  let speed = Infinity;
  let untilStall = Infinity;
  const restored = new EventEmitter().setMaxListeners(0);
  let bytesSent = 0;
  const forward = async (from: Socket, to: Socket, counts: boolean) => {
    for await (const chunk of from) {
      left -= (chunk as Buffer).length;
      if (counts) bytesSent += (chunk as Buffer).length;
      if (left < 0) return void shut();
      untilStall -= (chunk as Buffer).length;
      if (untilStall < 0) {
        await once(restored, "now");
        throw new Error("this connection has lost data");
      }
      if (speed < Infinity) await sleep(((chunk as Buffer).length / speed) * 1000);
      if (!to.write(chunk as Buffer)) await once(to, "drain");
    }
    to.end();
  };
  const server = createServer((inside) => {
    const outside = connect(Number(port), host);
    for (const socket of [inside, outside]) {
      open.add(socket);
      socket.on("error", () => undefined).on("close", () => open.delete(socket));
    }
    // A broken end closes the other one.
    forward(inside, outside, true).catch(() => outside.destroy());
    forward(outside, inside, false).catch(() => inside.destroy());
  });
  const listen = async () => {
    server.listen(own, gateway());
    await once(server, "listening");
  };
  const shut = async () => {
    const closed = server.listening && new Promise((resolve) => server.close(resolve));
    for (const socket of open) socket.destroy();
    await closed;
  };
  await listen();
  return {
    address: `${gateway()}:${own}`,
    breakAfter: (bytes) => (left = bytes),
    stallAfter: (bytes) => (untilStall = bytes),
    restore: async () => {
      left = Infinity;
      untilStall = Infinity;
      restored.emit("now");
      if (!server.listening) await listen();
    },
    limit: (bytes) => (speed = bytes),
    bytesSent: () => {
      const since = bytesSent;
      bytesSent = 0;
      return since;
    },
    close: shut,
  };
}
