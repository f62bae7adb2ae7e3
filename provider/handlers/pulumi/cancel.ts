import type { Http2Server } from "node:http2";

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace NodeJS {
    interface Process {
      /** Not documented by Node.js. */
      _getActiveHandles?(): unknown[];
    }
  }
}

/** Time to restore containers before an orphaned provider exits. */
const graceMilliseconds = 3_000;

/** Ctrl-C, and the death of the CLI that the process belongs to. */
export class Cancellation {
  private readonly controller = new AbortController();
  private listening = false;
  /** The process calls `cancel` itself. */
  isCalled = false;

  /** Aborts when the user cancels or the CLI is gone. Pulumi sends "cancel" at a normal end as well: no call waits then. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  cancel(): void {
    this.controller.abort(new Error("cancelled (Ctrl-C)"));
  }

  /** Calls after the first do nothing. */
  listen(): void {
    if (this.listening) return;
    this.listening = true;
    if (!this.isCalled) this.listenOnServers();
    this.listenForOrphaning();
  }

  /**
   * The SDK's dynamic provider ignores Pulumi's "cancel", and gives its handlers no access to its server. The active
   * handles of the process are the only way to that server.
   */
  private listenOnServers(): void {
    const handles = process._getActiveHandles?.() ?? [];
    const onStream = (_stream: unknown, headers: Record<string, unknown>) => {
      if (String(headers[":path"]).endsWith("ResourceProvider/Cancel")) this.cancel();
    };
    for (const handle of handles) if (isHttp2Server(handle)) handle.on("stream", onStream);
  }

  /** A CLI that was killed leaves its provider behind: the end of standard input gives it away. */
  private listenForOrphaning(): void {
    const { stdin } = process;
    if (stdin.isTTY) return;
    stdin.on("end", () => {
      this.controller.abort(new Error("the Pulumi CLI is gone"));
      setTimeout(() => process.exit(1), graceMilliseconds).unref();
    });
    stdin.resume();
    // A file has no unref.
    if ("unref" in stdin) stdin.unref();
  }
}

function isHttp2Server(handle: unknown): handle is Http2Server {
  return typeof handle === "object" && handle?.constructor?.name === "Http2Server";
}
