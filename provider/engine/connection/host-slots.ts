/**
 * How much is asked of one engine at a time. Pulumi runs up to 64 steps at once, and all of them may be one host's. What
 * is quick is limited by its connections (transport.ts); what lasts has slots of its own, so that neither waits for the
 * other.
 */
import pLimit, { type LimitFunction } from "p-limit";
import type { HostRef } from "../../model/host-ref.js";
import { untilAborted } from "./deadline.js";

/** An engine fetches three layers at once, whatever it is asked; a build takes all processors that it finds. */
const most = { pull: 4, push: 4, load: 2, build: 2 };

const limits = new Map<string, LimitFunction>();

/** Two names of one address share its slots. Whoever gives up while it waits has not begun. */
export function inSlot<T>(
  kind: keyof typeof most,
  { address }: HostRef,
  work: () => Promise<T>,
  signal: AbortSignal = new AbortController().signal,
): Promise<T> {
  const key = `${kind} ${address}`;
  const limit = limits.get(key) ?? pLimit(most[kind]);
  limits.set(key, limit);
  const turn = limit(() => {
    signal.throwIfAborted();
    return work();
  });
  return untilAborted(signal, turn);
}
