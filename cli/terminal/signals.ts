/** Signals. Ctrl-C and SIGTERM: the first asks, the second ends the process. SIGHUP: the terminal is gone. */

export interface Interrupts {
  signal: AbortSignal;
  /**
   * For what has its own way to end: the handler is told which time it is, counted from 1. Returns what gives the signals
   * back to whom they went before.
   */
  handle(handler: (count: number, signal: NodeJS.Signals) => void): () => void;
  stop(): void;
}

/** A command that does not hear the signal is not waited for longer than this. Milliseconds. */
const patience = 3_000;

export function listenForInterrupts(): Interrupts {
  const abort = new AbortController();
  let count = 0;
  let impatient: NodeJS.Timeout | undefined;
  let handler = (times: number, _signal: NodeJS.Signals) => {
    if (times > 1) process.exit(130);
    abort.abort(new DOMException("interrupted", "AbortError"));
    impatient = setTimeout(() => process.exit(130), patience).unref();
  };
  const onSignal = (signal: NodeJS.Signals) => handler(++count, signal);
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return {
    signal: abort.signal,
    handle: (own) => {
      const before = handler;
      handler = own;
      return () => void (handler = before);
    },
    stop: () => {
      clearTimeout(impatient);
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
    },
  };
}

/**
 * For when the terminal is gone: the process ends by the signal that says so. At any other end Node sets the terminal
 * back, and aborts where there is none.
 */
export function hangUp(): void {
  // Where it was ignored from the beginning, a listener that comes and goes makes it the end again.
  process.on("SIGHUP", () => undefined).removeAllListeners("SIGHUP");
  process.kill(process.pid, "SIGHUP");
}
