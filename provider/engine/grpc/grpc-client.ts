import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import type { Duplex } from "node:stream";
import { frame, GrpcError, grpcStatus, readFrames } from "./grpc-server.js";

/** Calls over a connection that is already there. */
export class GrpcClient {
  private readonly session: ClientHttp2Session;

  constructor(connection: Duplex) {
    this.session = connect("http://engine", { createConnection: () => connection });
    // Each call fails by itself when the connection does.
    this.session.on("error", () => undefined);
  }

  async unary(method: string, request: Buffer): Promise<Buffer> {
    for await (const answer of this.stream(method, request)) return answer;
    throw new GrpcError(grpcStatus.unknown, "no answer");
  }

  async *stream(method: string, request: Buffer): AsyncGenerator<Buffer> {
    const stream = this.session.request({
      ":method": "POST",
      ":path": method,
      "content-type": "application/grpc+proto",
      te: "trailers",
    });
    const outcome = outcomeOf(stream);
    stream.end(frame(request));
    yield* readFrames(stream);
    const { status, message } = await outcome;
    if (status !== grpcStatus.ok) throw new GrpcError(status, message);
  }

  close(): void {
    // Node puts off what has arrived already to the next tick, and throws if the session is gone by then.
    setImmediate(() => this.session.destroy());
  }
}

/** Status and message come behind the answer, or in place of it. */
function outcomeOf(stream: ClientHttp2Stream): Promise<{ status: number; message: string }> {
  return new Promise((resolve) => {
    const found = (headers: Record<string, unknown>) => {
      if (headers["grpc-status"] === undefined) return;
      const message = decodeURIComponent(String(headers["grpc-message"] ?? ""));
      resolve({ status: Number(headers["grpc-status"]), message });
    };
    stream.on("response", found).on("trailers", found);
    stream.on("close", () => resolve({ status: grpcStatus.unavailable, message: "the connection was cut" }));
  });
}
