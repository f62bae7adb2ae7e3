import { createHash } from "node:crypto";
import { createServer, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Runs the work while holding the folder's lock, which excludes other processes. */
export async function locked<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  const name = `lock-${createHash("sha256").update(folder).digest("hex").slice(0, 32)}`;
  let held = await hold(name);
  for (; !held; held = await hold(name)) await sleep(100);
  try {
    return await work();
  } finally {
    held.close();
  }
}

/**
 * Takes a name that one process of this machine can hold, or returns undefined if it is held. The name is that of a
 * socket without a file, as Linux has them: the kernel releases it also when the process is killed.
 */
export function hold(name: string): Promise<Server | undefined> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(undefined) : reject(error),
    );
    server.listen({ path: `\0k2-${name}` }, () => resolve(server));
  });
}
