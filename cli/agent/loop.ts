/** Looks, one after the other, until the signal fires. */
import type { Clock } from "./clock.js";
import { linkedTo } from "./linked-signal.js";
import type { Measurement } from "./metrics-points.js";

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
