/** Converts a thrown error into a message and an exit code. */
import { K2Error, K2Errors, messageOf } from "../../provider/shared/errors.js";
import { exitCodeOf } from "./exit-codes.js";
import type { Output } from "./output.js";
import { systemFailure } from "./system-failure.js";

/** Prints the error and returns the exit code. Only bugs get a stack trace. */
export function report(error: unknown, out: Output, env: NodeJS.ProcessEnv = {}): number {
  if (isCancelled(error)) return exitCodeOf("cancelled");
  const known = K2Error.is(error) ? error : systemFailure(error);
  if (known) {
    for (const message of known instanceof K2Errors ? known.messages : [known.message]) out.error(message);
    if (env.K2_COMPOSE_DEBUG) out.note(String(known.stack));
    return exitCodeOf(known.code);
  }
  out.error(
    `${messageOf(error)}\n  This is a bug in k2-compose.\n${error instanceof Error ? error.stack : ""}`,
  );
  return 1;
}

function isCancelled(error: unknown): boolean {
  if (K2Error.is(error)) return error.code === "cancelled";
  // A prompt that was interrupted by Ctrl-C.
  return error instanceof Error && (error.name === "ExitPromptError" || error.name === "AbortError");
}
