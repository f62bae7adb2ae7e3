/** Registration without the stack traces that the SDK records for each resource. */
import { fromSdk } from "./sdk.js";

/** Exports of the SDK's file, which its types leave out. */
interface Debuggable {
  debugPromiseLeaks: boolean;
  debuggablePromise: <T>(promise: Promise<T>, context: unknown) => Promise<T>;
}

/**
 * The SDK gives each of its promises a stack trace, and reads it only if PULUMI_DEBUG_PROMISE_LEAKS is set. Without the
 * variable, this switches the recording off.
 */
export function recordNoPromises(): void {
  const debuggable: Debuggable = fromSdk("@pulumi/pulumi/runtime/debuggable.js");
  const { debuggablePromise, debugPromiseLeaks } = debuggable;
  if (debugPromiseLeaks) return;
  debuggable.debuggablePromise = (promise, context) =>
    withoutStacks(() => debuggablePromise(promise, context));
}

/**
 * Pulumi reads the stack several times for each resource, to record the place of the `new`, which is always in
 * deploy.ts. With source maps, that is most of a registration's cost (5 ms).
 * Pulumi has no option for it, and its static methods call each other by name, so that no subclass can replace them.
 */
export function withoutStacks<T>(create: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return create();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
