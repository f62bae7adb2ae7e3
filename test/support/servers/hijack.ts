import type { IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";

/** Connects a client's upgraded connection (BuildKit, `exec`) with the target. */
export function hijack(inside: IncomingMessage, socket: Socket, head: Buffer, { hostname, port }: URL): void {
  const outside = connect(Number(port), hostname, () => {
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
