/**
 * Limits concurrent work on one engine. Pulumi runs up to 64 steps at once, possibly all on one host. Quick calls are
 * limited by their connections (transport.ts); long ones have separate slots, so that neither blocks the other.
 */
import pLimit, { type LimitFunction } from "p-limit";
import type { HostRef } from "../../model/host-ref.js";
import { untilAborted } from "./deadline.js";

/** An engine pulls three layers at once in any case; a build uses all available processors. */
const most = { pull: 4, push: 4, load: 2, build: 2 };

const limits = new Map<string, LimitFunction>();

/** Names of the same address share its slots. Work that is cancelled while it waits for a slot never starts. */
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
