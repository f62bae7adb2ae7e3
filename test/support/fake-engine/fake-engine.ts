import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Answer } from "./answers.js";
import { FakeContents } from "./contents.js";
import { routes } from "./routes.js";

export interface RecordedRequest {
  method: string;
  /** The path with the query, without the API version. */
  url: string;
  body: string;
}

/** Failures that a real engine cannot be made to produce. */
export type Failure =
  | { status: number; message: string }
  /** Lines of a stream that starts with status 200. */
  | { lines: object[] }
  /** The usual answer, after the promise has resolved. */
  | { after: Promise<unknown> }
  /** The connection breaks: before the answer, or in the middle of its body. */
  | { cut: "before" | "body" }
  /** No answer. */
  | { hang: true };

export interface FakeEngineOptions {
  /** Path of a unix socket; absent: a port of 127.0.0.1. */
  socket?: string;
  name?: string;
  apiVersion?: string;
}

/**
 * An in-memory engine, for tests of scale and of failures. It supports the calls that k2-compose makes and answers
 * 501 to all others, so that no test depends on an unsupported call.
 */
export class FakeEngine {
  readonly contents: FakeContents;
  readonly requests: RecordedRequest[] = [];
  address = "";
  private readonly server = createServer((request, response) => void this.serve(request, response));
  private readonly sockets = new Set<Socket>();
  private failures: { method: string; path: RegExp; failure: Failure; left: number }[] = [];

  static async start(options: FakeEngineOptions = {}): Promise<FakeEngine> {
    const engine = new FakeEngine(options);
    await engine.listen(options.socket);
    return engine;
  }

  private constructor({ name = "fake", apiVersion = "1.47" }: FakeEngineOptions) {
    this.contents = new FakeContents(name, apiVersion);
    this.server.on("connection", (socket: Socket) => {
      this.sockets.add(socket);
      socket.on("close", () => this.sockets.delete(socket));
    });
  }

  /** Makes the next `times` matching requests fail. */
  fail(method: string, path: RegExp, failure: Failure, times = Infinity): void {
    this.failures.unshift({ method, path, failure, left: times });
  }

  clearFailures(): void {
    this.failures = [];
  }

  /** "METHOD /path" of all requests so far, in their order. */
  calls(): string[] {
    return this.requests.map(({ method, url }) => `${method} ${url.split("?")[0]}`);
  }

  get openConnections(): number {
    return this.sockets.size;
  }

  /** Closes all connections at once, as a crash of dockerd does. The contents are kept for a `restart`. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.sockets.forEach((socket) => socket.destroy());
    await closed;
  }

  async restart(): Promise<void> {
    const { port } = new URL(this.address.replace("tcp:", "http:"));
    await this.listen(undefined, Number(port));
  }

  private async listen(socket: string | undefined, port = 0): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once("error", reject);
      if (socket === undefined) this.server.listen(port, "127.0.0.1", resolve);
      else this.server.listen(socket, resolve);
    });
    const at = this.server.address() as AddressInfo | string;
    this.address = typeof at === "string" ? `unix://${at}` : `tcp://127.0.0.1:${at.port}`;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = (request.url ?? "").replace(/^\/v[\d.]+(?=\/)/, "");
    const method = request.method ?? "";
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const body = Buffer.concat(chunks).toString();
    this.requests.push({ method, url, body });
    const failure = this.failureOf(method, url);
    if (failure !== undefined && "hang" in failure) return;
    if (failure !== undefined && "cut" in failure && failure.cut === "before")
      return void request.socket.destroy();
    if (failure !== undefined && "after" in failure) await failure.after;
    const given = failure !== undefined && ("status" in failure || "lines" in failure) ? failure : undefined;
    const answer = given ?? this.answer(method, url, body);
    send(response, answer, failure !== undefined && "cut" in failure);
  }

  private failureOf(method: string, url: string): Failure | undefined {
    const found = this.failures.find((one) => one.left > 0 && one.method === method && one.path.test(url));
    if (found !== undefined) found.left--;
    return found?.failure;
  }

  private answer(method: string, url: string, body: string): Answer {
    const { pathname, searchParams } = new URL(url, "http://engine");
    for (const [routeMethod, pattern, handler] of routes) {
      const match = routeMethod === method ? pattern.exec(pathname) : null;
      if (match === null) continue;
      const names = match.slice(1).map(decodeURIComponent);
      const json = body.startsWith("{") ? (JSON.parse(body) as Record<string, unknown>) : {};
      return handler(this.contents, { names, query: searchParams, body: json });
    }
    return { status: 501, message: `the fake engine does not know ${method} ${pathname}` };
  }
}

function send(response: ServerResponse, answer: Answer, cut: boolean): void {
  if ("raw" in answer) return void response.writeHead(200, { "Content-Type": answer.type }).end(answer.raw);
  if ("every" in answer) return sendForEver(response, answer);
  if ("lines" in answer) {
    response.writeHead(200, { "Content-Type": "application/json" });
    const half = cut ? Math.ceil(answer.lines.length / 2) : answer.lines.length;
    for (const line of answer.lines.slice(0, half)) response.write(`${JSON.stringify(line)}\r\n`);
    if (!cut) return void response.end();
    return void setTimeout(() => response.socket?.destroy(), 20);
  }
  const body = "message" in answer ? { message: answer.message } : answer.json;
  if (answer.status === 204 || answer.status === 304) return void response.writeHead(answer.status).end();
  const text = JSON.stringify(body);
  response.writeHead(answer.status, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(text),
  });
  if (!cut) return void response.end(text);
  response.write(text.slice(0, text.length / 2));
  setTimeout(() => response.socket?.destroy(), 20);
}

function sendForEver(response: ServerResponse, { every, line }: Extract<Answer, { every: number }>): void {
  response.writeHead(200, { "Content-Type": "application/json" });
  const send = () => {
    const value = line();
    if (value === undefined) return void response.end();
    response.write(`${JSON.stringify(value)}\n`);
  };
  const timer = setInterval(send, every);
  response.on("close", () => clearInterval(timer));
  send();
}
