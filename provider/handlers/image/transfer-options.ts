import type { Call } from "../process/handler.js";

/** A pull or push reports to the resource, and waits for its registry as long as `pull_timeout` says. */
export function transferOptions(call: Call, { pullTimeout }: { pullTimeout?: number }) {
  return {
    onProgress: call.progress,
    onSlow: (text: string) => void call.warn(text),
    signal: call.signal,
    timeout: pullTimeout,
  };
}
