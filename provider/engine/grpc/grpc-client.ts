import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import type { Duplex } from "node:stream";
import {
  create,
  type DescMessage,
  type DescMethod,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { GrpcError, grpcStatus, pathOf } from "./protocol.js";

/** Makes gRPC calls over an existing connection, which the clients of @grpc/grpc-js do not support. */
export class GrpcClient {
  private readonly session: ClientHttp2Session;

  constructor(connection: Duplex) {
    this.session = connect("http://engine", { createConnection: () => connection });
    // When the connection fails, every call reports it separately.
    this.session.on("error", () => undefined);
  }

  async unary<Request extends DescMessage, Answer extends DescMessage>(
    method: DescMethodUnary<Request, Answer>,
    request: MessageInitShape<Request>,
  ): Promise<MessageShape<Answer>> {
    for await (const answer of this.call(method, request)) return answer;
    throw new GrpcError(grpcStatus.unknown, "no answer");
  }

  stream<Request extends DescMessage, Answer extends DescMessage>(
    method: DescMethodServerStreaming<Request, Answer>,
    request: MessageInitShape<Request>,
  ): AsyncGenerator<MessageShape<Answer>> {
    return this.call(method, request);
  }

  private async *call<Request extends DescMessage, Answer extends DescMessage>(
    method: DescMethod & { input: Request; output: Answer },
    request: MessageInitShape<Request>,
  ): AsyncGenerator<MessageShape<Answer>> {
    const stream = this.session.request({
      ":method": "POST",
      ":path": pathOf(method),
      "content-type": "application/grpc+proto",
      te: "trailers",
    });
    const outcome = outcomeOf(stream);
    stream.end(frame(toBinary(method.input, create(method.input, request))));
    for await (const answer of readFrames(stream)) yield fromBinary(method.output, answer);
    const { status, message } = await outcome;
    if (status !== grpcStatus.ok) throw new GrpcError(status, message);
  }

  close(): void {
    // Node handles received data in the next tick, and throws if the session has been destroyed by then.
    setImmediate(() => this.session.destroy());
  }
}

/** Status and message follow the response, or replace it. */
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

async function* readFrames(stream: ClientHttp2Stream): AsyncGenerator<Buffer> {
  let buffered = Buffer.alloc(0);
  // The stream must survive the loop, because more is received on it.
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    buffered = Buffer.concat([buffered, chunk]);
    while (buffered.length >= 5 && buffered.length >= 5 + buffered.readUInt32BE(1)) {
      const end = 5 + buffered.readUInt32BE(1);
      yield buffered.subarray(5, end);
      buffered = buffered.subarray(end);
    }
  }
}

function frame(message: Uint8Array): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}
