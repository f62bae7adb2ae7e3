import { connect, createServer, type Socket } from "node:net";
import type { BedHost } from "./bed.js";
import { freePort } from "./free-port.js";

/**
 * A way to an engine of the bed that can be shut: the host is away for whoever comes by it, and for nobody else. It can
 * make wait, too, and lead elsewhere one day.
 */
export interface Door {
  address: string;
  shut(): Promise<void>;
  open(): Promise<void>;
  /** The first request that matches is still done by the engine; its answer does not come back, and nobody gets in again. */
  shutAfter(request: RegExp): void;
  /** From the first request that matches on everything waits here, that request too, until `release`. */
  holdFrom(request: RegExp): void;
  release(): void;
  /** Another engine answers from now on. */
  leadTo(host: Pick<BedHost, "address">): void;
}

export async function doorTo(host: Pick<BedHost, "address">): Promise<Door> {
  let target = new URL(host.address.replace("tcp:", "http:"));
  let last: RegExp | undefined;
  let hold: RegExp | undefined;
  /** What waits for `release`; undefined while nothing does. */
  let held: (() => void)[] | undefined;
  const open = new Set<Socket>();
  const server = createServer((inside) => {
    const outside = connect(Number(target.port), target.hostname);
    for (const socket of [inside, outside]) {
      open.add(socket);
      socket.on("error", () => undefined).on("close", () => open.delete(socket));
    }
    let isLast = false;
    const onward = (work: () => void) => (held ? void held.push(work) : work());
    inside.on("data", (chunk: Buffer) => {
      const text = chunk.toString("latin1");
      if (hold?.test(text)) [hold, held] = [undefined, []];
      if (last?.test(text)) {
        [last, isLast] = [undefined, true];
        server.close();
      }
      onward(() => outside.writable && outside.write(chunk));
    });
    outside.on("data", (chunk: Buffer) => {
      // What was asked is done, but nobody hears of it.
      if (isLast) return void door.shut();
      onward(() => inside.writable && inside.write(chunk));
    });
    inside.on("end", () => onward(() => outside.end()));
    outside.on("end", () => onward(() => inside.end()));
  });
  const listen = (own: number) =>
    new Promise<void>(
      (resolve, reject) => void server.once("error", reject).listen(own, "127.0.0.1", resolve),
    );
  const own = await freePort("127.0.0.1");
  await listen(own);
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
      await door.shut();
      await listen(own);
    },
    shutAfter: (request) => (last = request),
    holdFrom: (request) => (hold = request),
    release: () => {
      const waiting = held ?? [];
      held = undefined;
      for (const work of waiting) work();
    },
    leadTo: ({ address }) => (target = new URL(address.replace("tcp:", "http:"))),
  };
  return door;
}
