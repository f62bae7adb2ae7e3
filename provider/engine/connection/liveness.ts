/**
 * A host that disappears closes no connection, so a quiet connection may stay quiet forever. While no data arrives, the
 * engine is pinged; if that fails, its error ends the wait.
 */
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import type { HostRef } from "../../model/host-ref.js";
import { type Call, cancelled, usualTimeout } from "./call.js";

type Ping = () => Promise<unknown>;

/** Milliseconds. */
const pingInterval = 15_000;

export function isLong(call: Call): boolean {
  return (call.timeout ?? usualTimeout) > usualTimeout;
}

/** Runs a call; a call with a longer deadline than usual ends when the engine goes away. */
export async function watched<T>(
  call: Call,
  ping: Ping,
  run: (call: Call) => Promise<T>,
  every = pingInterval,
): Promise<T> {
  if (!isLong(call)) return run(call);
  const gone = new AbortController();
  const stop = whileQuiet(
    ping,
    () => true,
    (error) => gone.abort(error),
    every,
  );
  const signal = call.signal === undefined ? gone.signal : AbortSignal.any([call.signal, gone.signal]);
  try {
    return await run({ ...call, signal });
  } finally {
    stop();
  }
}

/** Ends a stream when the engine goes away while no data arrives. */
export function keepWatch(stream: Readable, ping: Ping, every = pingInterval): void {
  let heard = bytesRead(stream);
  const isQuiet = () => {
    const before = heard;
    heard = bytesRead(stream);
    return heard === before;
  };
  stream.once(
    "close",
    whileQuiet(ping, isQuiet, (error) => stream.destroy(error), every),
  );
}

/** Ends a stream with the reason of the cancellation, so that it does not look like a broken connection. */
export function endWith(signal: AbortSignal, stream: Readable, host: HostRef): void {
  const end = () => void stream.destroy(cancelled(host, signal));
  if (signal.aborted) return end();
  signal.addEventListener("abort", end, { once: true });
  stream.once("close", () => signal.removeEventListener("abort", end));
}

function whileQuiet(
  ping: Ping,
  isQuiet: () => boolean,
  gone: (error: Error) => void,
  every: number,
): () => void {
  let asking = false;
  const timer = setInterval(() => {
    if (asking || !isQuiet()) return;
    asking = true;
    ping().then(() => (asking = false), gone);
  }, every);
  return () => clearInterval(timer);
}

function bytesRead(stream: Readable): number {
  const counter = "socket" in stream && stream.socket instanceof Socket ? stream.socket : stream;
  return "bytesRead" in counter && typeof counter.bytesRead === "number" ? counter.bytesRead : 0;
}
