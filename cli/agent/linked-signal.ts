/**
 * A signal that fires with another while it is linked. `AbortSignal.any` would leak: a signal that lives for days
 * keeps a reference to every signal derived from it.
 */
interface Linked {
  signal: AbortSignal;
  abort(reason: Error): void;
  unlink(): void;
}

export function linkedTo(signal: AbortSignal): Linked {
  const own = new AbortController();
  const fire = () => own.abort(signal.reason);
  if (signal.aborted) fire();
  else signal.addEventListener("abort", fire, { once: true });
  return {
    signal: own.signal,
    abort: (reason) => own.abort(reason),
    unlink: () => signal.removeEventListener("abort", fire),
  };
}
