/** Looks, one after the other, until the signal fires. */
import { sleep } from "../../provider/engine/connection/deadline.js";
import { linkedTo } from "./linked-signal.js";
import type { Measurement } from "./metrics-points.js";

/** Time as the agent sees it: tests hand in one that runs faster. */
export interface Clock {
  /** Milliseconds of the epoch: what points are stamped with. */
  now(): number;
  /** Milliseconds since some moment: unlike `now` it goes on evenly when somebody sets the machine's clock. */
  elapsed(): number;
  /** Rejects when the signal fires. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = { now: () => Date.now(), elapsed: () => performance.now(), sleep };

interface Loop {
  clock: Clock;
  /** Seconds from the beginning of one look to that of the next. */
  interval: number;
  /** Seconds before the first look. */
  delay?: number;
  once?: boolean;
  signal: AbortSignal;
  /** One look; `timestamp` is in seconds. */
  measure(timestamp: number, signal: AbortSignal): Promise<Measurement>;
  /** Must not take long: whoever sends does so beside the loop. */
  report(measurement: Measurement): void;
}

/** Rejects with the signal's reason; with `once` it returns after the first look. */
export async function loop({ clock, interval, delay, once, signal, measure, report }: Loop): Promise<void> {
  if (delay) await clock.sleep(delay * 1000, signal);
  for (let next = clock.elapsed(); ;) {
    const look = linkedTo(signal);
    report(await measure(Math.floor(clock.now() / 1000), look.signal).finally(look.unlink));
    if (once) return;
    // A look that took longer than the interval is followed by the next at once, not by all that were missed.
    next = Math.max(next + interval * 1000, clock.elapsed());
    await clock.sleep(next - clock.elapsed(), signal);
  }
}
