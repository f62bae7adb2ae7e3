/** A way to an engine that counts what is asked to change it, and lets something happen at one of those requests. */
import { createServer, request as requestOf, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { BedHost } from "./bed.js";

export interface Fault {
  /** Counted from 1. */
  at: number;
  /** Whether the engine has done it by then; the answer arrives in neither case. */
  done: boolean;
  strike: () => Promise<void> | void;
}

/** What the engine is said to answer, instead of asking it. */
export interface Refusal {
  /** Of method and path: "DELETE /networks/". */
  to: RegExp;
  status: number;
  message: string;
  /** What happens just before the first such answer. */
  meanwhile?: () => Promise<unknown>;
}

export class FaultDoor {
  address = "";
  /** What was asked to change the engine since the last `arm`: "POST /containers/create". */
  readonly changes: string[] = [];
  private fault?: Fault;
  private refusal?: Refusal;
  /** Settles when the fault has struck. */
  private struck?: Promise<void>;
  private readonly target: URL;
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((inside, answer) => void this.serve(inside, answer));

  static async to({ address }: BedHost): Promise<FaultDoor> {
    const door = new FaultDoor(address);
    await new Promise<void>((resolve) => door.server.listen(0, "127.0.0.1", resolve));
    door.address = `tcp://127.0.0.1:${(door.server.address() as AddressInfo).port}`;
    return door;
  }

  private constructor(address: string) {
    this.target = new URL(address.replace("tcp:", "http:"));
    this.server.on("connection", (socket: Socket) => {
      this.sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => this.sockets.delete(socket));
    });
    this.server.on("upgrade", (inside: IncomingMessage, socket: Socket, head: Buffer) =>
      this.hijack(inside, socket, head),
    );
  }

  /** Counts anew; without a fault it only counts. */
  arm(fault?: Fault): void {
    this.changes.length = 0;
    delete this.struck;
    delete this.fault;
    if (fault) this.fault = fault;
  }

  /** Until it is taken back by undefined. */
  refuse(refusal?: Refusal): void {
    delete this.refusal;
    if (refusal) this.refusal = refusal;
  }

  /** Whether the fault has struck; it has ended then. */
  async hasStruck(): Promise<boolean> {
    await this.struck;
    return this.struck !== undefined;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private async serve(inside: IncomingMessage, answer: ServerResponse): Promise<void> {
    const fault = this.faultOf(inside);
    if (fault && !fault.done) return this.strike(fault, inside);
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
      if (fault) return void response.resume().on("end", () => void this.strike(fault, inside));
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.on("error", () => answer.destroy()).pipe(answer);
    });
    outside.on("error", () => (fault ? this.strike(fault, inside) : inside.socket.destroy()));
    answer.on("close", () => outside.destroy());
    inside.on("error", () => outside.destroy()).pipe(outside);
  }

  private faultOf({ method = "GET", url = "" }: IncomingMessage): Fault | undefined {
    if (!["POST", "PUT", "DELETE"].includes(method)) return undefined;
    this.changes.push(`${method} ${unversioned(url).replace(/\?.*/, "")}`);
    return this.fault?.at === this.changes.length ? this.fault : undefined;
  }

  private strike(fault: Fault, inside: IncomingMessage): void {
    this.struck ??= Promise.resolve(fault.strike()).then(() => void inside.socket.destroy());
  }

  private hijack(inside: IncomingMessage, socket: Socket, head: Buffer): void {
    const outside = connect(Number(this.target.port), this.target.hostname, () => {
      const lines = [`${inside.method} ${inside.url} HTTP/1.1`];
      for (let at = 0; at < inside.rawHeaders.length; at += 2)
        lines.push(`${inside.rawHeaders[at]}: ${inside.rawHeaders[at + 1]}`);
      outside.write(`${lines.join("\r\n")}\r\n\r\n`);
      outside.write(head);
      socket.pipe(outside).pipe(socket);
    });
    outside.on("error", () => socket.destroy());
    socket.on("close", () => outside.destroy());
  }
}

function unversioned(url: string): string {
  return url.replace(/^\/v[\d.]+/, "");
}
