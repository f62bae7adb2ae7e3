/**
 * Measurements that wait to be sent, at most one hour of them. They are compressed, because one of 500 containers is
 * 300 KB of JSON.
 */
import { deflateSync, inflateSync } from "node:zlib";
import type { Point } from "./metrics-points.js";

/** Seconds. */
const keepFor = 3600;
/** Limit for all waiting measurements together; an hour of 500 containers every 3 seconds takes a tenth of it. */
const mostBytes = 256 * 1024 * 1024;

/** The points of one measurement that have not been sent. */
export interface Batch {
  timestamp: number;
  /** The newest are not compressed, because usually nothing waits. */
  points: Point[] | Buffer;
}

export class Backlog {
  private readonly batches: Batch[] = [];
  private bytes = 0;

  constructor(private readonly limit = mostBytes) {}

  get length(): number {
    return this.batches.length;
  }

  get oldest(): Batch | undefined {
    return this.batches[0];
  }

  /** Returns how many of the oldest were dropped. */
  add(points: Point[]): number {
    const newest = this.batches.at(-1);
    if (newest) this.pack(newest);
    const timestamp = points[0]?.timestamp ?? 0;
    this.batches.push({ timestamp, points });
    let gone = 0;
    for (const batch of this.batches.slice(0, -1)) {
      if (!this.isTooMuch(batch, timestamp)) break;
      this.remove(batch);
      gone++;
    }
    return gone;
  }

  remove(batch: Batch): void {
    const at = this.batches.indexOf(batch);
    if (at < 0) return;
    this.batches.splice(at, 1);
    if (Buffer.isBuffer(batch.points)) this.bytes -= batch.points.length;
  }

  private isTooMuch(oldest: Batch, now: number): boolean {
    return oldest.timestamp < now - keepFor || this.bytes > this.limit;
  }

  private pack(batch: Batch): void {
    if (Buffer.isBuffer(batch.points)) return;
    const packed = deflateSync(JSON.stringify(batch.points), { level: 1 });
    batch.points = packed;
    this.bytes += packed.length;
  }
}

export function pointsIn({ points }: Batch): Point[] {
  return Buffer.isBuffer(points) ? (JSON.parse(inflateSync(points).toString("utf8")) as Point[]) : points;
}
