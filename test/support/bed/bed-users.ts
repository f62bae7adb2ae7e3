import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../scripts.js";

/**
 * The processes that use the bed, each with a file. A killed process leaves its file, and another process may get its
 * PID, so the file holds the time at which the process started.
 */
const folder = () => cacheFolder("bed", "users");

export function joinBed(): void {
  const pid = String(process.pid);
  writeFileSync(join(folder(), pid), startOf(pid) ?? "");
}

export function leaveUsers(): void {
  rmSync(join(folder(), String(process.pid)), { force: true });
}

export function forgetUsers(): void {
  rmSync(folder(), { recursive: true, force: true });
}

/** Returns the PIDs of the processes that use the bed. */
export function bedUsers(): string[] {
  return readdirSync(folder()).filter((pid) => {
    const start = startOf(pid);
    const written = readFileSync(join(folder(), pid), "utf8");
    // Checkouts of an earlier version write empty files.
    return start !== undefined && (written === "" || written === start);
  });
}

/** Returns the time at which a process started, in ticks after the machine's start. */
function startOf(pid: string): string | undefined {
  try {
    // The second field is the program's name in brackets, which may contain spaces; the 22nd is the time.
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[19];
  } catch {
    return undefined;
  }
}
