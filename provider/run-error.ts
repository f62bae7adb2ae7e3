/** Errors of a Pulumi program that users can correct. */
import { RunError } from "@pulumi/pulumi/errors.js";
import { K2Error } from "./shared/errors.js";

/**
 * Removes the stack: the message contains the place and the remedy, and our stack frames would only hide it. Pulumi also
 * formats errors with colours for its tracing: with a path of node_modules in the stack, this takes Node 20 half a minute,
 * until it runs out of memory.
 */
export function withoutStack(error: unknown): unknown {
  if (!K2Error.is(error) && !RunError.isInstance(error)) return error;
  return Object.assign(new RunError(error.message), { stack: error.message });
}
