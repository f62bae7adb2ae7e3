/** Errors of a Pulumi program that users can correct. */
import type * as Errors from "@pulumi/pulumi/errors.js";
import { failureEvent, withMarker } from "./model/event-marker.js";
import { fromSdk } from "./resources/sdk.js";
import { K2Error } from "./shared/errors.js";

const { RunError }: typeof Errors = fromSdk("@pulumi/pulumi/errors.js");

/**
 * Marks the error with its code, and removes the stack: the message contains the place and the remedy, and our stack frames would only hide it. Pulumi also
 * formats errors with colours for its tracing: with a path of node_modules in the stack, this takes Node 20 half a minute,
 * until it runs out of memory.
 */
export function withoutStack(error: unknown): unknown {
  if (!K2Error.is(error) && !RunError.isInstance(error)) return error;
  const message = K2Error.is(error) ? withMarker(failureEvent(error)) : error.message;
  return Object.assign(new RunError(message), { stack: message });
}
