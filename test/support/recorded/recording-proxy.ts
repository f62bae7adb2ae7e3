/** A proxy in front of an engine that records the requests that create containers, networks and volumes. */
import { createServer, request as requestOf, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import type { BedHost } from "../bed/bed-engine.js";
import { hijack } from "../servers/hijack.js";

export interface RecordedRequest {
  method: string;
  /** The path with API version and query. */
  path: string;
  body: Buffer;
}

export interface RecordingProxy {
  address: string;
  requests: RecordedRequest[];
  close(): Promise<void>;
}

/** Builds, image transfers and hooks are not recorded. */
const recorded =
  /^(POST|PUT) \/v[\d.]+\/((networks|volumes|containers)\/create|networks\/[^/]+\/connect|containers\/[^/]+\/(start|archive|rename))(\?|$)/;

export async function recordingProxy(host: Pick<BedHost, "address">): Promise<RecordingProxy> {
  const target = new URL(host.address.replace("tcp:", "http:"));
  const requests: RecordedRequest[] = [];
  const upgraded = new Set<Socket>();
  const server = createServer((inside, answer) => void pass(inside, answer, target, requests));
  server.on("connection", (socket: Socket) => socket.on("error", () => undefined));
  server.on("upgrade", (inside: IncomingMessage, socket: Socket, head: Buffer) => {
    upgraded.add(socket);
    hijack(inside, socket, head, target);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const socket of upgraded) socket.destroy();
      }),
  };
}

async function pass(
  inside: IncomingMessage,
  answer: ServerResponse,
  { hostname, port }: URL,
  requests: RecordedRequest[],
): Promise<void> {
  const { method = "GET", url: path = "/", headers } = inside;
  const body = recorded.test(`${method} ${path}`) ? await buffer(inside) : undefined;
  const outside = requestOf({ method, path, headers, hostname, port }, (response) => {
    const status = response.statusCode ?? 502;
    if (body && status < 300) requests.push({ method, path, body });
    answer.writeHead(status, response.headers);
    response.on("error", () => answer.destroy()).pipe(answer);
  });
  outside.on("error", () => inside.socket.destroy());
  answer.on("close", () => outside.destroy());
  if (body) outside.end(body);
  else inside.on("error", () => outside.destroy()).pipe(outside);
}
