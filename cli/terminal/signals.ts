/**
 * Handles signals. The first Ctrl-C or SIGTERM asks to stop, the second ends the process. SIGHUP means that the
 * terminal is gone.
 */

export interface Interrupts {
  signal: AbortSignal;
  /**
   * For commands that handle signals themselves. The handler gets the number of the signal, starting at 1. Returns a
   * function that restores the previous handler.
   */
  handle(handler: (count: number, signal: NodeJS.Signals) => void): () => void;
  stop(): void;
}

/** Milliseconds after which the process ends if a command does not react to a signal. */
const exitTimeout = 3_000;

export function listenForInterrupts(): Interrupts {
  const abort = new AbortController();
  let count = 0;
  let impatient: NodeJS.Timeout | undefined;
  let handler = (times: number, _signal: NodeJS.Signals) => {
    if (times > 1) process.exit(130);
    abort.abort(new DOMException("interrupted", "AbortError"));
    impatient = setTimeout(() => process.exit(130), exitTimeout).unref();
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
 * Ends the process by SIGHUP when the terminal is gone. On any other exit, Node.js restores the terminal settings,
 * and aborts if there is no terminal.
 */
export function hangUp(): void {
  // If SIGHUP was ignored from the start, adding and removing a listener restores its default action.
  process.on("SIGHUP", () => undefined).removeAllListeners("SIGHUP");
  process.kill(process.pid, "SIGHUP");
}
