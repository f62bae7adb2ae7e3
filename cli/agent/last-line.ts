/** The last whole line of a stream. What came before it is dropped unread: an engine says more than anybody asks for. */
import type { Readable } from "node:stream";

/** Of a line that does not end: whatever it is, it is no statistics. */
const tooLong = 1024 * 1024;
const newline = 10;

export class LastLine {
  private rest: Buffer[] = [];
  private line: Buffer | undefined;
  /** Whole lines so far. */
  count = 0;
  /** When the last one came, by `performance.now()`. */
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
    // Of several lines in one chunk only the last is wanted; searched from 0 if there is none before it.
    const begin = end === 0 ? -1 : chunk.lastIndexOf(newline, end - 1);
    const line = chunk.subarray(begin + 1, end);
    this.line = begin < 0 && this.rest.length > 0 ? Buffer.concat([...this.rest, line]) : line;
    this.rest = end + 1 < chunk.length ? [chunk.subarray(end + 1)] : [];
    this.count += begin < 0 ? 1 : 2;
    this.at = performance.now();
  }
}
