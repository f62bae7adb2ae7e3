import { connect, createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import type { BedHost } from "./bed.js";

/** A way to an engine of the bed that can be shut: the host is away for whoever comes by it, and for nobody else. */
export interface Door {
  address: string;
  shut(): Promise<void>;
  open(): Promise<void>;
}

export async function doorTo({ address }: BedHost): Promise<Door> {
  const { hostname, port } = new URL(address.replace("tcp:", "http:"));
  const open = new Set<Socket>();
  const server = createServer((inside) => {
    const outside = connect(Number(port), hostname);
    for (const socket of [inside, outside]) {
      open.add(socket);
      socket.on("error", () => undefined).on("close", () => open.delete(socket));
    }
    inside.pipe(outside).pipe(inside);
  });
  const listen = (own: number) =>
    new Promise<void>(
      (resolve, reject) => void server.once("error", reject).listen(own, "127.0.0.1", resolve),
    );
  await listen(0);
  const own = (server.address() as AddressInfo).port;
  return {
    address: `tcp://127.0.0.1:${own}`,
    shut: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
    open: () => listen(own),
  };
}
