/**
 * Finds the processes of a test's runs by their environment, because the processes of a killed run have lost their
 * parent.
 */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export interface Process {
  pid: number;
  /** Program and arguments, separated by NUL. */
  command: string;
  /** The initial environment variables, separated by NUL. */
  environment: string;
}

/** Needs Linux. `mark`: a part of an environment variable that is unique to the test, such as its folder. */
export function processesWith(mark: string): Process[] {
  return readdirSync("/proc").flatMap((pid) => {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
      if (!environment.includes(mark)) return [];
      return [{ pid: Number(pid), command: readFileSync(`/proc/${pid}/cmdline`, "utf8"), environment }];
    } catch {
      return []; // The entry is not a process, or the process has just ended.
    }
  });
}

/**
 * Returns the processes that run the handlers: Pulumi's dynamic provider, or the preloaded runtime of `k2-compose
 * up`.
 */
export function providersWith(mark: string): number[] {
  return processesWith(mark)
    .filter(
      ({ command }) =>
        /^[^\0]*node\0/.test(command) && /cmd.dynamic-provider|dist.runtime.main/.test(command),
    )
    .map(({ pid }) => pid);
}

export function kill(pids: number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // The process has just ended.
    }
  }
}

/** Throws if some of the processes do not end. `but`: commands that may keep running. */
export async function allGone(
  mark: string,
  { seconds = 300, but }: { seconds?: number; but?: RegExp } = {},
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    // Pulumi's language host ends some time after Pulumi, and holds no resources.
    const left = processesWith(mark).filter(
      ({ command }) => !command.includes("pulumi-language-nodejs") && !but?.test(command),
    );
    if (left.length === 0) return;
    if (Date.now() > deadline)
      throw new Error(
        `still there: ${left.map(({ pid, command }) => `${pid} ${command.replace(/\0/g, " ")}`).join("\n")}`,
      );
    await sleep(50);
  }
}
