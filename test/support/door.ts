import { connect, createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import type { BedHost } from "./bed.js";

/**
 * A way to an engine of the bed that can be shut: the host is away for whoever comes by it, and for nobody else. It can
 * be long, too, and lead elsewhere one day.
 */
export interface Door {
  address: string;
  shut(): Promise<void>;
  open(): Promise<void>;
  /** The first request that matches still reaches the engine; its answer does not come back, and nobody gets in again. */
  shutAfter(request: RegExp): void;
  /** Milliseconds that everything takes, each way. */
  delay(milliseconds: number): void;
  /** Another engine answers from now on. */
  leadTo(host: Pick<BedHost, "address">): void;
}

export async function doorTo(host: Pick<BedHost, "address">): Promise<Door> {
  let target = new URL(host.address.replace("tcp:", "http:"));
  let latency = 0;
  let last: RegExp | undefined;
  let shutting: NodeJS.Timeout | undefined;
  const open = new Set<Socket>();
  const server = createServer((inside) => {
    const outside = connect(Number(target.port), target.hostname);
    for (const socket of [inside, outside]) {
      open.add(socket);
      socket.on("error", () => undefined).on("close", () => open.delete(socket));
    }
    carry(inside, outside, () => latency);
    carry(outside, inside, () => latency);
    inside.on("data", (chunk: Buffer) => {
      if (!last?.test(chunk.toString("latin1"))) return;
      last = undefined;
      inside.destroy();
      // What was asked is done, but nobody hears of it.
      shutting = setTimeout(() => void door.shut(), 500);
      server.close();
    });
  });
  const listen = (own: number) =>
    new Promise<void>(
      (resolve, reject) => void server.once("error", reject).listen(own, "127.0.0.1", resolve),
    );
  await listen(0);
  const own = (server.address() as AddressInfo).port;
  const door: Door = {
    address: `tcp://127.0.0.1:${own}`,
    shut: async () => {
      const closed = server.listening
        ? new Promise((resolve) => server.close(resolve))
        : Promise.resolve(undefined);
      for (const socket of open) socket.destroy();
      await closed;
    },
    open: async () => {
      // Who opens it sooner than it would have shut means it open.
      clearTimeout(shutting);
      await door.shut();
      await listen(own);
    },
    shutAfter: (request) => (last = request),
    delay: (milliseconds) => (latency = milliseconds),
    leadTo: ({ address }) => (target = new URL(address.replace("tcp:", "http:"))),
  };
  return door;
}

/** Timers of one length end in the order in which they were set: so do the pieces. */
function carry(from: Socket, to: Socket, latency: () => number): void {
  const later = (work: () => void) => (latency() === 0 ? work() : void setTimeout(work, latency()));
  from.on("data", (chunk: Buffer) => later(() => to.writable && to.write(chunk)));
  from.on("end", () => later(() => to.end()));
}
