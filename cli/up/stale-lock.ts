/** Locks of runs that were killed. Pulumi keeps those of its file backend beside the state, with who made them. */
import { readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { fileURLToPath } from "node:url";

/**
 * Removes the locks that Pulumi complains of, if each names this machine and a process that is no more; returns whether it
 * did. One file each, by its name: a lock that somebody has taken since is another file.
 */
export function removeStaleLocks(complaint: string): boolean {
  const locks = [...complaint.matchAll(/(file:\/\/\S+): created by \S*@(\S+) \(pid (\d+)\)/g)];
  const stale = locks.filter(([, , machine, pid]) => machine === hostname() && !isAlive(Number(pid)));
  if (locks.length === 0 || stale.length < locks.length) return false;
  for (const [, url] of stale) rmSync(fileURLToPath(url!.replace(/\?.*/, "")), { force: true });
  return true;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
  return !isZombie(pid);
}

/** Where nothing reaps orphans, in a container for instance, the dead keep their number. */
function isZombie(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}
