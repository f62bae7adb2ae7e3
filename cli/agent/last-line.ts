/**
 * Keeps the last whole line of a stream. Earlier lines are dropped unparsed, because an engine sends more of them
 * than are needed.
 */
import type { Readable } from "node:stream";

/** Longest line that is kept; longer ones are not statistics. */
const tooLong = 1024 * 1024;
const newline = 10;

export class LastLine {
  private rest: Buffer[] = [];
  private line: Buffer | undefined;
  /** Number of whole lines so far. */
  count = 0;
  /** When the last line arrived, by `performance.now()`. */
  at = 0;

  constructor(stream: Readable, onLine: () => void) {
    stream.on("data", (chunk: Buffer) => {
      const before = this.count;
      this.take(chunk);
      if (this.count > before) onLine();
      else if (this.rest.reduce((sum, { length }) => sum + length, 0) > tooLong) stream.destroy();
    });
  }

  get text(): string | undefined {
    return this.line?.toString("utf8");
  }

  private take(chunk: Buffer): void {
    const end = chunk.lastIndexOf(newline);
    if (end < 0) return void this.rest.push(chunk);
    // Only the last of several lines in a chunk is needed.
    const begin = end === 0 ? -1 : chunk.lastIndexOf(newline, end - 1);
    const line = chunk.subarray(begin + 1, end);
    this.line = begin < 0 && this.rest.length > 0 ? Buffer.concat([...this.rest, line]) : line;
    this.rest = end + 1 < chunk.length ? [chunk.subarray(end + 1)] : [];
    this.count += begin < 0 ? 1 : 2;
    this.at = performance.now();
  }
}
