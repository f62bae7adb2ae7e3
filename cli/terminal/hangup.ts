/**
 * For when the terminal is gone: the process ends by the signal that says so. At any other end Node sets the terminal
 * back, and aborts where there is none.
 */
export function hangUp(): void {
  // Where it was ignored from the beginning, a listener that comes and goes makes it the end again.
  process.on("SIGHUP", () => undefined).removeAllListeners("SIGHUP");
  process.kill(process.pid, "SIGHUP");
}
