/**
 * Limits concurrent work on one engine. Pulumi runs up to 64 steps at once, possibly all on one host. Quick calls are
 * limited by their connections (transport.ts); long ones have separate slots, so that neither blocks the other.
 */
import pLimit, { type LimitFunction } from "p-limit";
import type { Engine } from "./connect.js";
import { untilAborted } from "./deadline.js";

/** An engine pulls three layers at once in any case; a build uses all available processors. */
const most = { pull: 4, push: 4, load: 2, build: 2 };

const newLimits = () => new Map<keyof typeof most, LimitFunction>();

/** Names of the same address share its slots. Work that is cancelled while it waits for a slot never starts. */
export function inSlot<T>(
  kind: keyof typeof most,
  engine: Pick<Engine, "memory">,
  work: () => Promise<T>,
  signal: AbortSignal = new AbortController().signal,
): Promise<T> {
  const limits = engine.memory.of(newLimits);
  const limit = limits.get(kind) ?? pLimit(most[kind]);
  limits.set(kind, limit);
  const turn = limit(() => {
    signal.throwIfAborted();
    return work();
  });
  return untilAborted(signal, turn);
}
