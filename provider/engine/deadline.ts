/** A signal that fires when the caller's does or when the time is up; `clear` ends the second, not the first. */
export interface Deadline {
  signal: AbortSignal;
  expired(): boolean;
  clear(): void;
}

export function deadlineAfter(
  milliseconds: number,
  signal?: AbortSignal,
  reason?: (late: Error) => Error,
): Deadline {
  const own = new AbortController();
  const expire = () => {
    const late = new Error(`no answer within ${seconds(milliseconds)}`);
    own.abort(reason?.(late) ?? late);
  };
  const timer = Number.isFinite(milliseconds) ? setTimeout(expire, milliseconds) : undefined;
  return {
    signal: signal === undefined ? own.signal : AbortSignal.any([own.signal, signal]),
    expired: () => own.signal.aborted,
    clear: () => clearTimeout(timer),
  };
}

export function seconds(milliseconds: number): string {
  return `${Number((milliseconds / 1000).toFixed(1))} s`;
}

/** Settles as the work does, or rejects as soon as the signal fires: some work only notices later, or never. */
export async function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  if (signal.aborted) {
    work.catch(() => undefined);
    throw signal.reason as Error;
  }
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", stop!);
  }
}

export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const stop = () => {
      clearTimeout(timer);
      reject(signal!.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
