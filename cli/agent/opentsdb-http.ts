/**
 * Sends measurements to OpenTSDB in the background. Measurements that cannot be sent are kept for an hour and sent
 * first.
 */
import { Backlog, type Batch, pointsIn } from "./backlog.js";
import { type Server, serverAt } from "./opentsdb-put.js";
import type { Point } from "./metrics-points.js";

export interface Sender {
  /** Returns at once and never throws, so that an unreachable database does not delay measurements. */
  take(points: Point[]): void;
  /** Resolves when everything is sent, or the last attempt has failed. */
  idle(): Promise<void>;
  /** Makes a last attempt for at most this many milliseconds; returns the number of unsent measurements. */
  close(milliseconds: number): Promise<number>;
}

/** Called to report the progress of sending. */
interface SendListener {
  sent(points: Point[]): void;
  /** `waiting`: the number of kept measurements. */
  failed(why: string, waiting: number): void;
  /** The server rejected points, which are not sent again. */
  refused(why: string): void;
  /** Measurements that were dropped because they waited too long. */
  forgotten(looks: number): void;
}

/** Milliseconds between two attempts, if measurements are less frequent. */
const again = 30_000;

export function opentsdbSender(address: string, listener: SendListener): Sender {
  return new OpentsdbSender(serverAt(address), listener);
}

class OpentsdbSender implements Sender {
  private readonly backlog = new Backlog();
  private readonly abort = new AbortController();
  private running = Promise.resolve();
  private busy = false;
  private retry: NodeJS.Timeout | undefined;

  constructor(
    private readonly server: Server,
    private readonly listener: SendListener,
  ) {}

  take(points: Point[]): void {
    if (points.length === 0) return;
    const forgotten = this.backlog.add(points);
    if (forgotten > 0) this.listener.forgotten(forgotten);
    this.start();
  }

  async idle(): Promise<void> {
    await this.running;
  }

  async close(milliseconds: number): Promise<number> {
    const limit = setTimeout(() => this.abort.abort(), milliseconds);
    await this.running;
    if (this.backlog.length > 0 && !this.abort.signal.aborted) {
      this.start();
      await this.running;
    }
    clearTimeout(limit);
    clearTimeout(this.retry);
    this.server.close();
    return this.backlog.length;
  }

  private start(): void {
    clearTimeout(this.retry);
    if (this.busy) return;
    this.busy = true;
    this.running = this.drain();
  }

  private async drain(): Promise<void> {
    for (let batch = this.backlog.oldest; batch !== undefined; batch = this.backlog.oldest) {
      const why = await this.send(batch);
      if (why !== undefined) {
        this.busy = false;
        if (!this.abort.signal.aborted) this.listener.failed(why, this.backlog.length);
        this.retry = setTimeout(() => this.start(), again).unref();
        return;
      }
      this.backlog.remove(batch);
    }
    // Not in `finally`: measurements added in between would wait for the next one.
    this.busy = false;
  }

  /** Returns the error, or undefined on success. */
  private async send(batch: Batch): Promise<string | undefined> {
    const points = pointsIn(batch);
    let refused: string | undefined;
    for (const body of bodies(points)) {
      const answer = await this.server.put(body, this.abort.signal);
      if (answer.kind === "failed") return answer.why;
      if (answer.kind === "refused") refused = answer.why;
    }
    if (refused === undefined) this.listener.sent(points);
    else this.listener.refused(refused);
    return undefined;
  }
}

/** OpenTSDB recommends about fifty points per request, and its default limit refuses larger bodies. */
const requestLimits = { points: 50, bytes: 8_000 };

/** If sending fails halfway, all points are sent again: a database ignores points that it already has. */
function* bodies(points: Point[]): Generator<string> {
  let texts: string[] = [];
  let bytes = 2;
  for (const point of points) {
    const text = JSON.stringify(point);
    const length = Buffer.byteLength(text) + 1;
    if (texts.length === requestLimits.points || (texts.length > 0 && bytes + length > requestLimits.bytes)) {
      yield `[${texts.join(",")}]`;
      texts = [];
      bytes = 2;
    }
    texts.push(text);
    bytes += length;
  }
  if (texts.length > 0) yield `[${texts.join(",")}]`;
}
