/**
 * A signal that fires with another, for as long as it is linked. Not `AbortSignal.any`: what lives for days would remember
 * every signal that was ever made of it.
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
