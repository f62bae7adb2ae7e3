import { setMaxListeners } from "node:events";
import { chainOf } from "../../shared/errors.js";

/** A signal that fires when the caller's does or when the time is up; `clear` cancels the second, not the first. */
export interface Deadline {
  signal: AbortSignal;
  expired(): boolean;
  clear(): void;
}

/** The time was up before there was an answer. */
export class Late extends Error {
  readonly code = "ETIMEDOUT";
}

export function isLate(error: unknown): boolean {
  return chainOf(error).some((one) => one instanceof Late);
}

export function deadlineAfter(
  milliseconds: number,
  signal?: AbortSignal,
  reason?: (late: Error) => Error,
): Deadline {
  const own = new AbortController();
  const expire = () => {
    const late = new Late(`no answer within ${seconds(milliseconds)}`);
    own.abort(reason?.(late) ?? late);
  };
  const timer = Number.isFinite(milliseconds) ? whileRunning(milliseconds, expire) : undefined;
  return {
    signal: signal === undefined ? own.signal : AbortSignal.any([own.signal, signal]),
    expired: () => own.signal.aborted,
    clear: () => clearInterval(timer),
  };
}

/**
 * Counts the time that this process was running, up to four times as much clock time: on an overloaded machine a
 * response may have arrived long before this process reads it, and all hosts would be taken for dead.
 */
function whileRunning(milliseconds: number, expire: () => void): NodeJS.Timeout {
  const latest = Date.now() + 4 * milliseconds;
  let steps = 10;
  // An interval that is delayed fires only once.
  const timer = setInterval(() => {
    if (--steps > 0 && Date.now() < latest) return;
    clearInterval(timer);
    expire();
  }, milliseconds / steps);
  return timer;
}

/** Counts as a deadline does. */
export async function sleepWhileRunning(milliseconds: number, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const slept = new Promise<void>((resolve) => (timer = whileRunning(milliseconds, resolve)));
  try {
    await untilAborted(signal, slept);
  } finally {
    clearInterval(timer);
  }
}

export function seconds(milliseconds: number): string {
  return `${Number((milliseconds / 1000).toFixed(1))} s`;
}

/** Settles with the work, or rejects as soon as the signal fires: some work notices it only later, or never. */
export async function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  if (signal.aborted) {
    work.catch(() => undefined);
    throw abortReason(signal);
  }
  return new Promise((resolve, reject) => {
    const stop = () => reject(abortReason(signal));
    // Node.js warns of more than ten listeners: many hosts wait for one signal.
    setMaxListeners(0, signal);
    signal.addEventListener("abort", stop, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

export async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const slept = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)));
  try {
    await (signal === undefined ? slept : untilAborted(signal, slept));
  } finally {
    clearTimeout(timer);
  }
}

/** The reason of an aborted signal, which callers may set to any value. */
export function abortReason({ reason }: AbortSignal): Error {
  return reason instanceof Error ? reason : new Error("aborted", { cause: reason });
}
