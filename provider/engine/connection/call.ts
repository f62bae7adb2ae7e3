import { IncomingMessage } from "node:http";
import { type Duplex, Readable } from "node:stream";
import { K2Error, systemCodeOf } from "../../shared/errors.js";
import type { HostRef } from "../../model/host-ref.js";
import { assertShape, type Shape } from "./answer-shape.js";
import { type Deadline, deadlineAfter, sleep, untilAborted } from "./deadline.js";
import { connectionFailure, engineFailure } from "./failure.js";
import type { Modem } from "./docker-modem.js";

export type Method = "GET" | "POST" | "PUT" | "DELETE" | "HEAD";

export interface Call {
  query?: Record<string, unknown>;
  /** Sent as JSON in the body, never in the URL. */
  body?: unknown;
  /** A body that is not JSON: a tar archive. */
  raw?: Buffer | Readable;
  headers?: Record<string, string | string[]>;
  signal?: AbortSignal;
  /** Milliseconds until the whole response must have arrived (of a stream: its start). Default 60,000. */
  timeout?: number;
  /** The form of a good answer. Default for GET: an object or a list; for other methods: any. */
  shape?: Shape;
  /** Statuses besides 2xx that are not errors, such as 304 or 404: the call then resolves to undefined. */
  ok?: number[];
}

/** Milliseconds. */
export const usualTimeout = 60_000;

/** Sends a request and reads the whole response: JSON is parsed, other text is returned unchanged. */
export async function request(
  modem: Modem,
  host: HostRef,
  method: Method,
  path: string,
  call: Call,
): Promise<unknown> {
  const deadline = deadlineAfter(call.timeout ?? usualTimeout, call.signal);
  try {
    const answer = await dialTwice(modem, method, path, call, deadline.signal);
    const status = statusOf(answer);
    const isGood = status >= 200 && status < 300;
    const text = await untilAborted(deadline.signal, readText(answer, isGood ? Infinity : longestError));
    if (isGood) return accepted(parsed(answer, text), { host, method, path, call });
    if (call.ok?.includes(status)) return undefined;
    throw engineFailure(host, status, text);
  } catch (error) {
    throw failed(error, host, call, deadline);
  } finally {
    deadline.clear();
  }
}

/** Sends a request and returns the response as a stream; it ends early when the caller's signal fires. */
export function open(
  modem: Modem,
  host: HostRef,
  method: Method,
  path: string,
  call: Call,
): Promise<IncomingMessage> {
  const isOk = (status: number) => (status >= 200 && status < 300) || call.ok?.includes(status) === true;
  const isGood = (answer: Answer): answer is IncomingMessage => isMessage(answer) && isOk(statusOf(answer));
  return respond(host, call, isGood, (signal) => dial(modem, method, path, call, signal));
}

/** Sends a request that turns the connection into one for both directions. */
export function hijack(modem: Modem, host: HostRef, path: string, call: Call): Promise<Duplex> {
  const isGood = (answer: Answer): answer is Duplex => !isMessage(answer);
  return respond(host, call, isGood, (signal) => dial(modem, "POST", path, call, signal, true));
}

async function respond<Good extends Answer>(
  host: HostRef,
  call: Call,
  isGood: (answer: Answer) => answer is Good,
  send: (signal: AbortSignal) => Promise<Answer>,
): Promise<Good> {
  const deadline = deadlineAfter(call.timeout ?? usualTimeout, call.signal);
  try {
    const answer = await send(deadline.signal);
    if (isGood(answer)) return answer;
    throw engineFailure(
      host,
      statusOf(answer),
      await untilAborted(deadline.signal, readText(answer, longestError)),
    );
  } catch (error) {
    throw failed(error, host, call, deadline);
  } finally {
    deadline.clear();
  }
}

/** The engine may close a kept connection just as it is used again, so reads are tried a second time. */
async function dialTwice(modem: Modem, method: Method, path: string, call: Call, signal: AbortSignal) {
  try {
    return await dial(modem, method, path, call, signal);
  } catch (error) {
    const code = systemCodeOf(error);
    if (method !== "GET" || signal.aborted || (code !== "ECONNRESET" && code !== "EPIPE")) throw error;
    // Meanwhile other kept connections are found closed, too, and an ssh process whose connection broke ends.
    await sleep(100, signal);
    return await dial(modem, method, path, call, signal);
  }
}

function dial(modem: Modem, method: Method, path: string, call: Call, signal: AbortSignal, hijack = false) {
  const { file, type } = bodyOf(call, hijack);
  const options = {
    path: `${path}?`,
    method,
    headers: { ...(type === undefined ? {} : { "Content-Type": type }), ...call.headers },
    options: { _query: withoutUndefined(call.query), _body: {} },
    ...(file === undefined ? {} : { file }),
    statusCodes: everyStatus,
    isStream: true as const,
    hijack,
    abortSignal: signal,
  };
  const answered = new Promise<Answer>((resolve, reject) => {
    modem.dial(options, (error, answer) => {
      if (error) reject(error);
      else if (signal.aborted) answer.destroy();
      else resolve(answer);
    });
  });
  // A request that still waits for its connection does not react to the signal.
  return untilAborted(signal, answered);
}

/** All bodies are passed as a file: docker-modem puts its own bodies into URLs and supports them for POST only. */
function bodyOf(call: Call, hijack: boolean): { file?: Buffer | Readable; type?: string } {
  if (call.raw !== undefined) return { file: call.raw, type: "application/x-tar" };
  if (call.body !== undefined)
    return { file: Buffer.from(JSON.stringify(call.body)), type: "application/json" };
  return hijack ? { file: Buffer.alloc(0), type: "text/plain" } : {};
}

/** Makes docker-modem return every response, because the status is checked here. */
const everyStatus = new Proxy({}, { get: () => true });

/** A response, or the connection after a switch of protocols. */
type Answer = IncomingMessage | Duplex;

function isMessage(answer: Answer): answer is IncomingMessage {
  return answer instanceof IncomingMessage;
}

function statusOf(answer: Answer): number {
  return isMessage(answer) ? (answer.statusCode ?? 0) : 101;
}

/** Bytes of a response that is an error. */
const longestError = 64 * 1024;

/** Reads at most `limit` bytes and a chunk. */
async function readText(answer: AsyncIterable<Buffer>, limit = Infinity): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limit) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parsed(answer: Answer, text: string): unknown {
  if (text === "") return undefined;
  const type = isMessage(answer) ? answer.headers["content-type"] : undefined;
  if (!type?.startsWith("application/json")) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function accepted(
  answer: unknown,
  { host, method, path, call }: { host: HostRef; method: Method; path: string; call: Call },
): unknown {
  const isChecked = call.shape !== undefined || (method === "GET" && !path.endsWith("/_ping"));
  if (isChecked) assertShape(answer, call.shape, { host, request: `${method} ${path}` });
  return answer;
}

function withoutUndefined(query: Record<string, unknown> = {}): Record<string, unknown> {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
}

function failed(error: unknown, host: HostRef, call: Call, deadline: Deadline): unknown {
  if (call.raw instanceof Readable) call.raw.destroy();
  if (K2Error.is(error)) return error;
  if (call.signal?.aborted && !deadline.expired()) return cancelled(host, call.signal);
  return connectionFailure(host, deadline.signal.aborted ? deadline.signal.reason : error);
}

export function cancelled(host: HostRef, signal: AbortSignal): K2Error {
  if (K2Error.is(signal.reason)) return signal.reason;
  return new K2Error("cancelled", "cancelled", { at: host.name, cause: signal.reason });
}
