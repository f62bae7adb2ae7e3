import { StringDecoder } from "node:string_decoder";
import { pipeline, type Readable, Transform, type TransformCallback } from "node:stream";
import { K2Error, messageOf } from "../../shared/errors.js";
import { foreignLine } from "../../shared/foreign-text.js";
import type { HostRef } from "../../model/host-ref.js";
import { adviceOn, connectionFailure } from "./failure.js";

/** Splits a stream into lines, independent of its chunks; the last line may lack its newline. */
export async function* lines(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const splitter = new LineSplitter();
  for await (const chunk of stream) for (const line of splitter.add(chunk)) yield line;
  for (const line of splitter.end()) yield line;
}

/** Buffers incomplete lines, and the bytes of incomplete characters, until the next chunk. */
export class LineSplitter {
  private readonly decoder = new StringDecoder("utf8");
  private rest = "";

  /** Returns the lines that are complete now. */
  add(chunk: Buffer): string[] {
    const parts = (this.rest + this.decoder.write(chunk)).split("\n");
    this.rest = parts.pop() ?? "";
    return parts.map(withoutReturn);
  }

  /** Returns the last line, if it lacks its newline. */
  end(): string[] {
    const last = this.rest + this.decoder.end();
    return last === "" ? [] : [withoutReturn(last)];
  }
}

/**
 * The JSON values of a stream, one per line. The engine reports a failed pull or build as a line of a stream that
 * started with status 200: such a line is thrown, as is a broken connection.
 */
export async function* jsonLines<T extends object>(
  stream: Readable,
  host: HostRef,
  signal?: AbortSignal,
): AsyncGenerator<T> {
  for await (const line of withHostInErrors(lines(stream), stream, host, signal)) {
    if (line.trim() === "") continue;
    const value = parsed(line, host);
    const { error, errorDetail } = value as ErrorLine;
    if (error !== undefined || errorDetail !== undefined) throw lineFailure({ error, errorDetail }, host);
    yield value as T;
  }
}

/** The frames of docker's multiplexed stream: the output of containers without a terminal. */
export async function* frames(stream: Readable, host: HostRef, signal?: AbortSignal): AsyncGenerator<Frame> {
  const demultiplexer = new Demultiplexer();
  // Not `pipe`, which leaves the reader waiting forever when the source fails.
  pipeline(stream, demultiplexer, () => undefined);
  yield* withHostInErrors<Frame>(demultiplexer, stream, host, signal);
}

/** The whole output of a container, both streams in order. */
export async function readOutput(
  stream: Readable,
  tty: boolean,
  host: HostRef,
  signal?: AbortSignal,
): Promise<string> {
  const chunks: Buffer[] = [];
  if (tty)
    for await (const chunk of withHostInErrors<Buffer>(stream, stream, host, signal)) chunks.push(chunk);
  else for await (const { data } of frames(stream, host, signal)) chunks.push(data);
  return Buffer.concat(chunks).toString("utf8");
}

/** Passes on values, with the host's name in the error of a broken connection; always closes the connection at the end. */
async function* withHostInErrors<T>(
  values: AsyncIterable<T>,
  stream: Readable,
  host: HostRef,
  signal?: AbortSignal,
): AsyncGenerator<T> {
  try {
    yield* values;
  } catch (error) {
    if (signal?.aborted && !K2Error.is(error))
      throw new K2Error("cancelled", "cancelled", { at: host.name, cause: signal.reason });
    throw connectionFailure(host, error);
  } finally {
    stream.destroy();
  }
}

export interface Frame {
  source: "stdin" | "stdout" | "stderr" | "system";
  data: Buffer;
}

/** Splits docker's multiplexed stream (containers without a terminal) into its frames. */
export class Demultiplexer extends Transform {
  private buffered: Buffer[] = [];
  private length = 0;

  constructor() {
    super({ readableObjectMode: true });
    // `pipe` alone would leave the reader waiting forever when the source fails.
    this.on("pipe", (source: Readable) => source.once("error", (error) => this.destroy(error)));
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.buffered.push(chunk);
    this.length += chunk.length;
    try {
      for (let frame = this.next(); frame !== undefined; frame = this.next()) this.push(frame);
    } catch (error) {
      return done(error instanceof Error ? error : new Error(messageOf(error)));
    }
    done();
  }

  override _flush(done: TransformCallback): void {
    done(this.length === 0 ? null : new Error("the stream ended in the middle of a frame"));
  }

  private next(): Frame | undefined {
    if (this.length < headerLength) return undefined;
    const header = this.peek(headerLength);
    const source = sources[header.readUInt8(0)];
    if (source === undefined) throw new Error("this is not a multiplexed stream");
    const end = headerLength + header.readUInt32BE(4);
    if (this.length < end) return undefined;
    const all = this.peek(end);
    const after = all.length - end;
    this.buffered = [...(after === 0 ? [] : [all.subarray(end)]), ...this.buffered.slice(1)];
    this.length -= end;
    return { source, data: all.subarray(headerLength, end) };
  }

  private peek(length: number): Buffer {
    const [first] = this.buffered;
    if (first !== undefined && first.length >= length) return first;
    const all = Buffer.concat(this.buffered);
    this.buffered = [all];
    return all;
  }
}

const headerLength = 8;
const sources = ["stdin", "stdout", "stderr", "system"] as const;

interface ErrorLine {
  error: string | undefined;
  errorDetail: { code?: number; message?: string } | undefined;
}

function lineFailure({ error, errorDetail }: ErrorLine, host: HostRef): K2Error {
  const status = errorDetail?.code;
  const what = foreignLine(errorDetail?.message ?? error ?? "failed", 2000);
  const hint = adviceOn(what);
  return new K2Error("engine", what, {
    at: host.name,
    ...(hint === undefined ? {} : { hint }),
    ...(status === undefined ? {} : { status }),
  });
}

function parsed(line: string, host: HostRef): object {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // The error is reported below.
  }
  throw new K2Error("engine", `the engine sent invalid JSON: ${line.slice(0, 200)}`, { at: host.name });
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
