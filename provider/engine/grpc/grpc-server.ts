import {
  type Http2Stream,
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Stream,
} from "node:http2";
import type { Duplex } from "node:stream";

/*
 * A gRPC server on a connection that is already there: the engine, having been called, calls back over it. Written on
 * Node's own http2, as the usual servers insist on listening on a port.
 */

export interface GrpcCall {
  metadata: IncomingHttpHeaders;
  messages: AsyncIterable<Buffer>;
  /** Resolves when there is room for more. */
  send(message: Buffer): Promise<void>;
}

export type GrpcMethods = Record<string, (call: GrpcCall) => Promise<void>>;

/** Statuses of gRPC that are answered on purpose. */
export const grpcStatus = { ok: 0, unknown: 2, notFound: 5, unimplemented: 12, unavailable: 14 } as const;

export class GrpcError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Serves until the connection ends. Methods by path: "/grpc.health.v1.Health/Check". */
export function serveGrpc(connection: Duplex, methods: GrpcMethods): void {
  const session = performServerHandshake(connection);
  // The build's own stream says what went wrong; here it would only be said again.
  session.on("error", () => undefined);
  session.on("stream", (stream, headers) => {
    stream.on("error", () => undefined);
    void answer(stream, headers, methods);
  });
}

/** One request, one answer. */
export function unary(handle: (request: Buffer) => Promise<Buffer> | Buffer): GrpcMethods[string] {
  return async ({ messages, send }) => {
    for await (const request of messages) return send(await handle(request));
  };
}

async function answer(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  methods: GrpcMethods,
): Promise<void> {
  let trailers: Record<string, string> = { "grpc-status": String(grpcStatus.ok) };
  stream.on("wantTrailers", () => stream.sendTrailers(trailers));
  stream.respond({ ":status": 200, "content-type": "application/grpc+proto" }, { waitForTrailers: true });
  try {
    const method = methods[headers[":path"] ?? ""];
    if (method === undefined) throw new GrpcError(grpcStatus.unimplemented, `no method ${headers[":path"]}`);
    await method({
      metadata: headers,
      messages: readFrames(stream),
      send: (message) => send(stream, message),
    });
  } catch (error) {
    const status = error instanceof GrpcError ? error.status : grpcStatus.unknown;
    trailers = {
      "grpc-status": String(status),
      "grpc-message": encodeURIComponent((error as Error).message),
    };
  }
  // The caller closes its half when it has the trailers; closing it from here would overtake them.
  if (!stream.destroyed) stream.end();
}

export async function* readFrames(stream: Http2Stream): AsyncGenerator<Buffer> {
  let buffered = Buffer.alloc(0);
  // Not to be destroyed with the loop: what follows goes over the same stream.
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    buffered = Buffer.concat([buffered, chunk as Buffer]);
    while (buffered.length >= 5 && buffered.length >= 5 + buffered.readUInt32BE(1)) {
      const end = 5 + buffered.readUInt32BE(1);
      yield buffered.subarray(5, end);
      buffered = buffered.subarray(end);
    }
  }
}

export function frame(message: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}

function send(stream: ServerHttp2Stream, message: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    if (stream.destroyed) return reject(new Error("the build has ended"));
    stream.write(frame(message), (error) => (error ? reject(error) : resolve()));
  });
}
