/** Reads the log of a container as lines, whatever its framing. */
import type { IncomingMessage } from "node:http";
import type { Engine } from "../../provider/engine/connection/connect.js";
import { inspectContainer } from "../../provider/engine/observe/inspect.js";
import { frames, lines, LineSplitter } from "../../provider/engine/connection/stream.js";

export interface LogOptions {
  follow?: boolean;
  tail?: string;
  /** Seconds since the epoch. */
  since?: string;
  /** Seconds since the epoch. */
  until?: string;
  timestamps?: boolean;
  signal?: AbortSignal;
}

export interface LogLine {
  text: string;
  source: "stdout" | "stderr";
  /** By the engine's clock, RFC 3339 with nanoseconds. Undefined for a message of the engine itself. */
  time?: string;
}

/** Ends with the log, or with the container if it is followed. */
export async function* logLines(engine: Engine, id: string, options: LogOptions): AsyncGenerator<LogLine> {
  const { follow, tail, since, until, timestamps, signal } = options;
  const query = { stdout: true, stderr: true, follow, tail, since, until, timestamps: true };
  const [{ Config }, stream] = await Promise.all([
    inspectContainer(engine, id, signal),
    engine.stream("GET", `/containers/${id}/logs`, { query, signal }),
  ]);
  const end = () => stream.destroy();
  signal?.addEventListener("abort", end, { once: true });
  try {
    if (Config.Tty)
      for await (const text of lines(stream)) yield { ...timed(text, timestamps), source: "stdout" };
    else
      for await (const { text, source } of demultiplexed(stream, engine, signal))
        yield { ...timed(text, timestamps), source };
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    signal?.removeEventListener("abort", end);
    stream.destroy();
  }
}

/** Engines repeat the time before each part of a long line. */
function timed(stamped: string, timestamps = false): Pick<LogLine, "text" | "time"> {
  const [stamp, time] = /^(\d{4}-\d\d-\d\dT\S+) /.exec(stamped) ?? [];
  if (stamp === undefined || time === undefined) return { text: stamped };
  const text = stamped.slice(stamp.length).replaceAll(stamp, "");
  return { text: timestamps ? stamp + text : text, time };
}

/** Makes times sortable as text, because engines trim zeros of the fraction. */
export function inTime(one: string, other: string): number {
  const [a, b] = [comparable(one), comparable(other)];
  return a < b ? -1 : a > b ? 1 : 0;
}

function comparable(time: string): string {
  const [whole = "", fraction = ""] = time.replace(/Z$/, "").split(".");
  return `${whole}.${fraction.padEnd(9, "0")}`;
}

/** A frame may end in the middle of a line, so each stream keeps its own rest. */
async function* demultiplexed(
  stream: IncomingMessage,
  { host }: Engine,
  signal?: AbortSignal,
): AsyncGenerator<LogLine> {
  const splitters = { stdout: new LineSplitter(), stderr: new LineSplitter() };
  for await (const { source: from, data } of frames(stream, host, signal)) {
    const source = from === "stderr" ? "stderr" : "stdout";
    for (const text of splitters[source].add(data)) yield { text, source };
  }
  for (const source of ["stdout", "stderr"] as const)
    for (const text of splitters[source].end()) yield { text, source };
}
