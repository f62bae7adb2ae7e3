/**
 * Ctrl-C. Pulumi tells a provider to cancel, but the SDK's dynamic provider ignores it: we listen on its server
 * ourselves. And a CLI that was killed leaves its provider behind: the end of standard input gives it away.
 */
import type { Http2Server } from "node:http2";

const controller = new AbortController();

/** Aborts when the user cancels or the CLI is gone. Pulumi says "cancel" at a normal end as well: then nobody waits. */
export const cancelled: AbortSignal = controller.signal;

/** Time to put things back before an orphaned provider ends itself. */
const graceMilliseconds = 3_000;

export function listenForCancel(): void {
  const handles = (process as { _getActiveHandles?: () => unknown[] })._getActiveHandles?.() ?? [];
  for (const handle of handles) if (isHttp2Server(handle)) handle.on("stream", onStream);
  if (process.stdin.isTTY) return;
  process.stdin.on("end", () => {
    controller.abort(new Error("the Pulumi CLI is gone"));
    setTimeout(() => process.exit(1), graceMilliseconds).unref();
  });
  process.stdin.resume();
  (process.stdin as unknown as { unref?: () => void }).unref?.();
}

function isHttp2Server(handle: unknown): handle is Http2Server {
  return (handle as object | null)?.constructor?.name === "Http2Server";
}

function onStream(_stream: unknown, headers: Record<string, unknown>): void {
  if (String(headers[":path"]).endsWith("ResourceProvider/Cancel")) {
    controller.abort(new Error("cancelled (Ctrl-C)"));
  }
}
