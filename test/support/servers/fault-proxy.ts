/** A proxy in front of an engine. It counts the requests that change the engine, and can trigger a fault at one of them. */
import { createServer, request as requestOf, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { BedHost } from "../bed/bed-engine.js";
import { hijack } from "./hijack.js";

export interface Fault {
  /** Counted from 1. */
  at: number;
  /** Whether the engine carries out the request first; the client gets no answer in either case. */
  done: boolean;
  trigger: () => Promise<void> | void;
}

/** An answer that the proxy gives instead of the engine. */
export interface Refusal {
  /** Matches method and path: "DELETE /networks/". */
  to: RegExp;
  status: number;
  message: string;
  /** Runs just before the first such answer. */
  meanwhile?: () => Promise<unknown>;
}

export class FaultProxy {
  address = "";
  /** Requests that change the engine, since the last `arm`: "POST /containers/create". */
  readonly changes: string[] = [];
  private fault?: Fault;
  private refusal?: Refusal;
  /** Settles when the fault has been triggered. */
  private triggered?: Promise<void>;
  private readonly target: URL;
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((inside, answer) => void this.serve(inside, answer));

  static async to({ address }: BedHost): Promise<FaultProxy> {
    const proxy = new FaultProxy(address);
    await new Promise<void>((resolve) => proxy.server.listen(0, "127.0.0.1", resolve));
    proxy.address = `tcp://127.0.0.1:${(proxy.server.address() as AddressInfo).port}`;
    return proxy;
  }

  private constructor(address: string) {
    this.target = new URL(address.replace("tcp:", "http:"));
    this.server.on("connection", (socket: Socket) => {
      this.sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => this.sockets.delete(socket));
    });
    this.server.on("upgrade", (inside: IncomingMessage, socket: Socket, head: Buffer) =>
      hijack(inside, socket, head, this.target),
    );
  }

  /** Restarts the count; without a fault it only counts. */
  arm(fault?: Fault): void {
    this.changes.length = 0;
    delete this.triggered;
    delete this.fault;
    if (fault) this.fault = fault;
  }

  /** Lasts until it is called without a refusal. */
  refuse(refusal?: Refusal): void {
    delete this.refusal;
    if (refusal) this.refusal = refusal;
  }

  /** Whether the fault was triggered; waits for it to end. */
  async hasTriggered(): Promise<boolean> {
    await this.triggered;
    return this.triggered !== undefined;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private async serve(inside: IncomingMessage, answer: ServerResponse): Promise<void> {
    const fault = this.faultOf(inside);
    if (fault && !fault.done) return this.trigger(fault, inside);
    const { method, url = "", headers } = inside;
    if (this.refusal?.to.test(`${method} ${unversioned(url)}`)) {
      const { status, message, meanwhile } = this.refusal;
      delete this.refusal.meanwhile;
      await meanwhile?.();
      return void answer
        .writeHead(status, { "Content-Type": "application/json" })
        .end(JSON.stringify({ message }));
    }
    const { hostname, port } = this.target;
    const outside = requestOf({ method, path: url, headers, hostname, port }, (response) => {
      if (fault) return void response.resume().on("end", () => void this.trigger(fault, inside));
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.on("error", () => answer.destroy()).pipe(answer);
    });
    outside.on("error", () => (fault ? this.trigger(fault, inside) : inside.socket.destroy()));
    answer.on("close", () => outside.destroy());
    inside.on("error", () => outside.destroy()).pipe(outside);
  }

  private faultOf({ method = "GET", url = "" }: IncomingMessage): Fault | undefined {
    if (!["POST", "PUT", "DELETE"].includes(method)) return undefined;
    this.changes.push(`${method} ${unversioned(url).replace(/\?.*/, "")}`);
    return this.fault?.at === this.changes.length ? this.fault : undefined;
  }

  private trigger(fault: Fault, inside: IncomingMessage): void {
    this.triggered ??= Promise.resolve(fault.trigger()).then(() => void inside.socket.destroy());
  }
}

function unversioned(url: string): string {
  return url.replace(/^\/v[\d.]+/, "");
}
