/** Time as the agent sees it: tests hand in one that runs faster. */
import { sleep } from "../../provider/engine/connection/deadline.js";

export interface Clock {
  /** Milliseconds of the epoch: what points are stamped with. */
  now(): number;
  /** Milliseconds since some moment: unlike `now` it goes on evenly when somebody sets the machine's clock. */
  elapsed(): number;
  /** Rejects when the signal fires. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = { now: () => Date.now(), elapsed: () => performance.now(), sleep };
