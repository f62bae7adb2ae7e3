/** Locks of killed runs. Pulumi's file backend keeps them next to the state, with the process that made them. */
import { rmSync } from "node:fs";
import { hostname } from "node:os";
import { fileURLToPath } from "node:url";
import { isAlive } from "../../provider/engine/connection/process-alive.js";
import { locksIn } from "../pulumi/pulumi-words.js";

/**
 * Removes the locks in Pulumi's complaint if each is of this machine and of a process that no longer exists; returns
 * whether it did. Each lock is a file with a unique name, so a lock taken since is not affected.
 */
export function removeStaleLocks(complaint: string): boolean {
  const locks = locksIn(complaint);
  const stale = locks.filter(({ machine, pid }) => machine === hostname() && !isAlive(pid));
  if (locks.length === 0 || stale.length < locks.length) return false;
  for (const { url } of stale) rmSync(fileURLToPath(url.replace(/\?.*/, "")), { force: true });
  return true;
}
