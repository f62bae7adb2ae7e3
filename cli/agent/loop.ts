/** Measures at an interval until the signal fires. */
import { sleep } from "../../provider/engine/connection/deadline.js";
import { linkedTo } from "./linked-signal.js";
import type { Measurement } from "./metrics-points.js";

/** The agent's clock. Tests use one that runs faster. */
export interface Clock {
  /** Milliseconds since the epoch: the timestamp of points. */
  now(): number;
  /** Milliseconds since an arbitrary moment. Unlike `now`, it is not affected when the machine's clock is set. */
  elapsed(): number;
  /** Rejects when the signal fires. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = { now: () => Date.now(), elapsed: () => performance.now(), sleep };

interface Loop {
  clock: Clock;
  /** Seconds between the starts of two measurements. */
  interval: number;
  /** Seconds before the first measurement. */
  delay?: number;
  once?: boolean;
  signal: AbortSignal;
  /** Makes one measurement; `timestamp` is in seconds. */
  measure(timestamp: number, signal: AbortSignal): Promise<Measurement>;
  /** Must return soon, so it must send in the background. */
  report(measurement: Measurement): void;
}

/** Rejects with the signal's reason; with `once` it returns after the first measurement. */
export async function loop({ clock, interval, delay, once, signal, measure, report }: Loop): Promise<void> {
  if (delay) await clock.sleep(delay * 1000, signal);
  for (let next = clock.elapsed(); ;) {
    const look = linkedTo(signal);
    report(await measure(Math.floor(clock.now() / 1000), look.signal).finally(look.unlink));
    if (once) return;
    // If a measurement took longer than the interval, start the next at once and skip those that were missed.
    next = Math.max(next + interval * 1000, clock.elapsed());
    await clock.sleep(next - clock.elapsed(), signal);
  }
}
