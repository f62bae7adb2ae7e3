/** Locks of runs that were killed. Pulumi keeps those of its file backend beside the state, with who made them. */
import { rmSync } from "node:fs";
import { hostname } from "node:os";
import { fileURLToPath } from "node:url";
import { isAlive } from "../../provider/engine/connection/process-alive.js";
import { locksIn } from "../pulumi/pulumi-words.js";

/**
 * Removes the locks that Pulumi complains of, if each names this machine and a process that is no more; returns whether it
 * did. One file each, by its name: a lock that somebody has taken since is another file.
 */
export function removeStaleLocks(complaint: string): boolean {
  const locks = locksIn(complaint);
  const stale = locks.filter(({ machine, pid }) => machine === hostname() && !isAlive(pid));
  if (locks.length === 0 || stale.length < locks.length) return false;
  for (const { url } of stale) rmSync(fileURLToPath(url.replace(/\?.*/, "")), { force: true });
  return true;
}
