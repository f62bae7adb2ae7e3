import { connect, createServer, type Socket } from "node:net";
import type { BedHost } from "../bed/bed-engine.js";
import { freePort } from "../free-port.js";

/**
 * A proxy in front of an engine of the bed. Closing it makes the host unreachable for its clients only. It can also hold
 * requests back, and redirect to another engine.
 */
export interface EngineProxy {
  address: string;
  shut(): Promise<void>;
  open(): Promise<void>;
  /** The engine carries out the first request that matches; the proxy drops the answer and closes. */
  shutAfter(request: RegExp): void;
  /** Holds back the first request that matches and everything after it, until `release`. */
  holdFrom(request: RegExp): void;
  release(): void;
  /** Whether a request is held back. */
  isHolding(): boolean;
  /** Forwards to another engine from now on. */
  redirectTo(host: Pick<BedHost, "address">): void;
}

export async function engineProxyTo(host: Pick<BedHost, "address">): Promise<EngineProxy> {
  let target = new URL(host.address.replace("tcp:", "http:"));
  let last: RegExp | undefined;
  let hold: RegExp | undefined;
  /** Writes held back until `release`; undefined while nothing is held. */
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
      // The engine has carried out the request, but the client gets no answer.
      if (isLast) return void proxy.shut();
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
  const proxy: EngineProxy = {
    address: `tcp://127.0.0.1:${own}`,
    shut: async () => {
      const closed = server.listening
        ? new Promise((resolve) => server.close(resolve))
        : Promise.resolve(undefined);
      for (const socket of open) socket.destroy();
      await closed;
    },
    open: async () => {
      await proxy.shut();
      await listen(own);
    },
    shutAfter: (request) => (last = request),
    holdFrom: (request) => (hold = request),
    isHolding: () => held !== undefined,
    release: () => {
      const waiting = held ?? [];
      held = undefined;
      for (const work of waiting) work();
    },
    redirectTo: ({ address }) => (target = new URL(address.replace("tcp:", "http:"))),
  };
  return proxy;
}
