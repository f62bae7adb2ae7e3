import { hangUp } from "./signals.js";

/** The parts of the process that a run of the CLI uses; tests pass their own. */
export interface World {
  env: NodeJS.ProcessEnv;
  cwd: string;
  stdin: NodeJS.ReadStream;
  stdout: Terminal;
  stderr: Terminal;
  /** Fires when the reader of standard output or standard error has closed it (`k2-compose up | head -1`). */
  unread?: AbortSignal;
}

/** A stream that may be a terminal. */
export type Terminal = NodeJS.WritableStream & { isTTY?: boolean; columns?: number; rows?: number };

export function processWorld(): World {
  const { env, stdin, stdout, stderr } = process;
  const unread = new AbortController();
  const onError = (error: NodeJS.ErrnoException) => {
    if (error.code === "EIO") hangUp();
    if (error.code !== "EPIPE") throw error;
    unread.abort();
  };
  for (const stream of [stdin, stdout, stderr]) stream.on("error", onError);
  return { env, cwd: process.cwd(), stdin, stdout, stderr, unread: unread.signal };
}

/** Calls back when the reader of the output is gone, now or later. */
export function onceUnread({ unread }: Pick<World, "unread">, callback: () => void): void {
  if (unread?.aborted) callback();
  else unread?.addEventListener("abort", callback, { once: true });
}
