/** A gRPC server on an existing connection: after our call, the engine calls back over the same connection. */
import { once } from "node:events";
import { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import {
  create,
  type DescMessage,
  type DescMethod,
  type DescMethodBiDiStreaming,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import {
  type handleBidiStreamingCall,
  type handleUnaryCall,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServiceDefinition,
  type UntypedHandleCall,
} from "@grpc/grpc-js";
import { GrpcError, pathOf } from "./protocol.js";

export interface GrpcMethod {
  path: string;
  definition: ServiceDefinition[string];
  handle: UntypedHandleCall;
}

/** A call with a stream of messages in each direction. */
export interface GrpcCall<Request extends DescMessage, Answer extends DescMessage> {
  /** The values of all headers with this name. */
  metadata(name: string): string[];
  messages: AsyncIterable<MessageShape<Request>>;
  /** Resolves when there is room for more messages, rejects if the caller has disconnected. */
  send(message: MessageInitShape<Answer>): Promise<void>;
}

/** Serves until the connection ends. */
export function serveGrpc(connection: Duplex, methods: GrpcMethod[]): void {
  const server = new Server();
  server.addService(
    Object.fromEntries(methods.map(({ path, definition }) => [path, definition])),
    Object.fromEntries(methods.map(({ path, handle }) => [path, handle])),
  );
  server.createConnectionInjector(ServerCredentials.createInsecure()).injectConnection(plain(connection));
  connection.once("close", () => server.forceShutdown());
}

/**
 * Hides the TLS socket: Node's http2 rejects a TLS connection on which HTTP/2 was not negotiated, and the engine speaks
 * HTTP/1.1 first.
 */
function plain(connection: Duplex): Duplex {
  return connection instanceof TLSSocket
    ? Duplex.from({ readable: connection, writable: connection })
    : connection;
}

/** A method with one request and one response. */
export function unary<Request extends DescMessage, Answer extends DescMessage>(
  method: DescMethodUnary<Request, Answer>,
  answer: (request: MessageShape<Request>) => MessageInitShape<Answer> | Promise<MessageInitShape<Answer>>,
): GrpcMethod {
  const handle: handleUnaryCall<MessageShape<Request>, MessageShape<Answer>> = (call, callback) => {
    Promise.resolve(call.request)
      .then(answer)
      .then(
        (message) => callback(null, create(method.output, message)),
        (error: unknown) => callback(statusOf(error)),
      );
  };
  return { path: pathOf(method), definition: definitionOf(method), handle };
}

export function bidirectional<Request extends DescMessage, Answer extends DescMessage>(
  method: DescMethodBiDiStreaming<Request, Answer>,
  answer: (call: GrpcCall<Request, Answer>) => Promise<void>,
): GrpcMethod {
  const handle: handleBidiStreamingCall<MessageShape<Request>, MessageShape<Answer>> = (stream) => {
    answer(callOn(method, stream)).then(
      () => stream.end(),
      (error: unknown) => stream.emit("error", statusOf(error)),
    );
  };
  return { path: pathOf(method), definition: definitionOf(method), handle };
}

function callOn<Request extends DescMessage, Answer extends DescMessage>(
  method: DescMethodBiDiStreaming<Request, Answer>,
  stream: ServerDuplexStream<MessageShape<Request>, MessageShape<Answer>>,
): GrpcCall<Request, Answer> {
  const cancelled = new AbortController();
  stream.once("cancelled", () => cancelled.abort());
  return {
    // Node joins repeated headers into one value.
    metadata: (name) => stream.metadata.get(name).flatMap((value) => value.toString().split(", ")),
    // The status is sent over the same stream after the last message.
    messages: stream.iterator({ destroyOnReturn: false }),
    send: async (message) => {
      if (stream.cancelled) throw new Error("the build has ended");
      const hasRoom = stream.write(create(method.output, message));
      if (!hasRoom) await once(stream, "drain", { signal: cancelled.signal });
    },
  };
}

function definitionOf<Request extends DescMessage, Answer extends DescMessage>(
  method: DescMethod & { input: Request; output: Answer },
): MethodDefinition<MessageShape<Request>, MessageShape<Answer>> {
  const isStream = method.methodKind !== "unary";
  return {
    path: pathOf(method),
    requestStream: isStream,
    responseStream: isStream,
    requestSerialize: (message) => bufferOf(toBinary(method.input, message)),
    requestDeserialize: (bytes) => fromBinary(method.input, bytes),
    responseSerialize: (message) => bufferOf(toBinary(method.output, message)),
    responseDeserialize: (bytes) => fromBinary(method.output, bytes),
  };
}

/** Does not copy, because file contents pass through here. */
function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function statusOf(error: unknown): Error | { code: number; details: string } {
  if (error instanceof GrpcError) return { code: error.status, details: error.message };
  return error instanceof Error ? new Error(error.message) : new Error(String(error));
}
