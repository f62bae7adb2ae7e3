import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { gateway } from "./bed-network.js";
import { freePort } from "./free-port.js";

/** A way to a registry or an engine, for all engines of the bed, that counts, can be slow and break off. */
export interface Road {
  /** "10.99.0.1:4000": goes in front of an image's name, as the registry's own address would. */
  address: string;
  /** After so many bytes, both ways counted, all connections break, and nobody gets through until `mend`. */
  breakAfter(bytes: number): void;
  mend(): Promise<void>;
  /** Bytes a second on each connection. */
  limit(speed: number): void;
  /** Bytes that went there since it was asked last. */
  carried(): number;
  close(): Promise<void>;
}

/** The bed must be started. */
export async function roadTo({ address }: { address: string }): Promise<Road> {
  const [host, port] = address.replace("tcp://", "").split(":") as [string, string];
  const own = await freePort(gateway);
  const open = new Set<Socket>();
  let left = Infinity;
  let speed = Infinity;
  let carried = 0;
  const carry = async (from: Socket, to: Socket, counts: boolean) => {
    for await (const chunk of from) {
      left -= (chunk as Buffer).length;
      if (counts) carried += (chunk as Buffer).length;
      if (left < 0) return void shut();
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
    // One end breaks, and so does the other.
    carry(inside, outside, true).catch(() => outside.destroy());
    carry(outside, inside, false).catch(() => inside.destroy());
  });
  const listen = async () => {
    server.listen(own, gateway);
    await once(server, "listening");
  };
  const shut = async () => {
    const closed = server.listening && new Promise((resolve) => server.close(resolve));
    for (const socket of open) socket.destroy();
    await closed;
  };
  await listen();
  return {
    address: `${gateway}:${own}`,
    breakAfter: (bytes) => (left = bytes),
    mend: async () => {
      left = Infinity;
      if (!server.listening) await listen();
    },
    limit: (bytes) => (speed = bytes),
    carried: () => {
      const since = carried;
      carried = 0;
      return since;
    },
    close: shut,
  };
}
