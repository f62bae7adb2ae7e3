/** Sends looks to OpenTSDB, beside the loop that takes them. What cannot be sent waits for an hour, and goes first. */
import { Backlog, type Batch, pointsIn } from "./backlog.js";
import { type Server, serverAt } from "./opentsdb-put.js";
import type { Point } from "./metrics-points.js";

export interface Sender {
  /** Returns at once, and never throws: a database that is away must not hold up the agent. */
  take(points: Point[]): void;
  /** Settles when all is sent or the last attempt has failed. */
  idle(): Promise<void>;
  /** Tries for a last time, for so many milliseconds; returns how many looks were not sent. */
  close(milliseconds: number): Promise<number>;
}

/** What there is to say of the sending. */
interface Told {
  sent(points: Point[]): void;
  /** `waiting`: looks that are kept. */
  failed(why: string, waiting: number): void;
  /** Points of a look were not taken, and are not sent again. */
  refused(why: string): void;
  /** Looks that waited for too long. */
  forgotten(looks: number): void;
}

/** Milliseconds between two attempts where looks are rarer. */
const again = 30_000;

export function opentsdbSender(address: string, told: Told): Sender {
  return new OpentsdbSender(serverAt(address), told);
}

class OpentsdbSender implements Sender {
  private readonly backlog = new Backlog();
  private readonly abort = new AbortController();
  private running = Promise.resolve();
  private busy = false;
  private retry: NodeJS.Timeout | undefined;

  constructor(
    private readonly server: Server,
    private readonly told: Told,
  ) {}

  take(points: Point[]): void {
    if (points.length === 0) return;
    const forgotten = this.backlog.add(points);
    if (forgotten > 0) this.told.forgotten(forgotten);
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
        if (!this.abort.signal.aborted) this.told.failed(why, this.backlog.length);
        this.retry = setTimeout(() => this.start(), again).unref();
        return;
      }
      this.backlog.remove(batch);
    }
    // Not by `finally`: what is taken in between would wait for the next look.
    this.busy = false;
  }

  /** Undefined if it went well. */
  private async send(batch: Batch): Promise<string | undefined> {
    const points = pointsIn(batch);
    let refused: string | undefined;
    for (const body of bodies(points)) {
      const answer = await this.server.put(body, this.abort.signal);
      if (answer.kind === "failed") return answer.why;
      if (answer.kind === "refused") refused = answer.why;
    }
    if (refused === undefined) this.told.sent(points);
    else this.told.refused(refused);
    return undefined;
  }
}

/** OpenTSDB asks for some fifty points a request, and as it comes it refuses bodies that are longer than this. */
const most = { points: 50, bytes: 8_000 };

/** What was sent of a look that failed half-way is sent again: a point that is there already does no harm. */
function* bodies(points: Point[]): Generator<string> {
  let texts: string[] = [];
  let bytes = 2;
  for (const point of points) {
    const text = JSON.stringify(point);
    const length = Buffer.byteLength(text) + 1;
    if (texts.length === most.points || (texts.length > 0 && bytes + length > most.bytes)) {
      yield `[${texts.join(",")}]`;
      texts = [];
      bytes = 2;
    }
    texts.push(text);
    bytes += length;
  }
  if (texts.length > 0) yield `[${texts.join(",")}]`;
}
