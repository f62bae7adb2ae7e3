/** Processes of this machine. */
import { readFileSync } from "node:fs";
import { systemCodeOf } from "../../shared/errors.js";

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return systemCodeOf(error) !== "ESRCH";
  }
  return !isZombie(pid);
}

/** If nothing reaps orphans, as in some containers, a process keeps its PID after it has exited. */
function isZombie(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}
