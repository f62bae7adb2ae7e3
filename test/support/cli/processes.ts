/** The processes of one test's runs, found by their environment: a killed run has no parent that could name them. */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export interface Process {
  pid: number;
  /** Program and arguments, parted by NUL. */
  command: string;
  /** The variables that it was started with, parted by NUL. */
  environment: string;
}

/** Linux. `mark`: a part of an environment variable that no other test has, its folder for instance. */
export function processesWith(mark: string): Process[] {
  return readdirSync("/proc").flatMap((pid) => {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
      if (!environment.includes(mark)) return [];
      return [{ pid: Number(pid), command: readFileSync(`/proc/${pid}/cmdline`, "utf8"), environment }];
    } catch {
      return []; // Not a process, or one that has just ended.
    }
  });
}

/** That which holds the handlers: Pulumi's dynamic provider, or what `k2-compose up` has ready in its place. */
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
      // It has just ended by itself.
    }
  }
}

/** Fails the test if some of them do not end by themselves. `but`: commands that may stay. */
export async function allGone(
  mark: string,
  { seconds = 60, but }: { seconds?: number; but?: RegExp } = {},
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    // Pulumi's own, which outlives it for a while, and holds nothing.
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
