/** The log of one container as lines, whatever its framing. */
import type { IncomingMessage } from "node:http";
import type { Engine } from "../../provider/engine/connect.js";
import { frames, lines } from "../../provider/engine/stream.js";

export interface LogOptions {
  follow?: boolean;
  tail?: string;
  since?: string;
  until?: string;
  timestamps?: boolean;
  signal?: AbortSignal;
}

export interface LogLine {
  text: string;
  source: "stdout" | "stderr";
}

/** Ends with the log, or with the container where it is followed. */
export async function* logLines(engine: Engine, id: string, options: LogOptions): AsyncGenerator<LogLine> {
  const { follow, tail, since, until, timestamps, signal } = options;
  const query = {
    stdout: true,
    stderr: true,
    follow,
    tail,
    since: moment(since),
    until: moment(until),
    timestamps,
  };
  const [{ Config }, stream] = await Promise.all([
    engine.get<{ Config: { Tty: boolean } }>(`/containers/${id}/json`, { signal }),
    engine.stream("GET", `/containers/${id}/logs`, { query, signal }),
  ]);
  const end = () => stream.destroy();
  signal?.addEventListener("abort", end, { once: true });
  try {
    if (Config.Tty) for await (const text of lines(stream)) yield { text, source: "stdout" };
    else yield* demultiplexed(stream, engine, signal);
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    signal?.removeEventListener("abort", end);
    stream.destroy();
  }
}

/** A frame may end in the middle of a line: each source keeps its own rest. */
async function* demultiplexed(
  stream: IncomingMessage,
  { host }: Engine,
  signal?: AbortSignal,
): AsyncGenerator<LogLine> {
  const rests = { stdout: new Rest(), stderr: new Rest() };
  for await (const { source, data } of frames(stream, host, signal)) {
    const from = source === "stderr" ? "stderr" : "stdout";
    for (const text of rests[from].take(data)) yield { text, source: from };
  }
  for (const source of ["stdout", "stderr"] as const) {
    for (const text of rests[source].end()) yield { text, source };
  }
}

class Rest {
  private readonly decoder = new TextDecoder();
  private text = "";

  take(data: Uint8Array): string[] {
    const parts = (this.text + this.decoder.decode(data, { stream: true })).split("\n");
    this.text = parts.pop()!;
    return parts.map((part) => part.replace(/\r$/, ""));
  }

  end(): string[] {
    const text = this.text + this.decoder.decode();
    return text === "" ? [] : [text];
  }
}

/** "10m" and "1h30m" ago, a date, or seconds: as seconds of the epoch. */
export function moment(text: string | undefined, now = Date.now()): string | undefined {
  if (text === undefined || /^\d+(\.\d+)?$/.test(text)) return text;
  const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  if (/^(\d+(\.\d+)?(ms|[smhd]))+$/.test(text)) {
    let ago = 0;
    for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g))
      ago += Number(amount) * units[unit!]!;
    return String((now - ago) / 1000);
  }
  const date = Date.parse(text);
  if (Number.isNaN(date)) return text;
  // Engines count nanoseconds, dates do not.
  const fraction = /\.\d+/.exec(text)?.[0] ?? "";
  return `${Math.floor(date / 1000)}${fraction}`;
}
