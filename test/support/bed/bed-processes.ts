import { existsSync, readdirSync, readFileSync, readlinkSync, rmdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { namespaceOf, namespacePath } from "./bed-place.js";

/** Returns the engine's processes that may survive it: containerd, shims, containers, and steps of builds. */
export function processesOf(host: string): number[] {
  const inCgroups = new Set(cgroupsOf(host).flatMap((folder) => lines(join(folder, "cgroup.procs"))));
  const network = existsSync(namespacePath(host)) ? `net:[${statSync(namespacePath(host)).ino}]` : undefined;
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid))
    .filter(
      (pid) =>
        inCgroups.has(pid) ||
        (network !== undefined && linkOf(`/proc/${pid}/ns/net`) === network) ||
        // Where the engines share the machine's containerd, the shims run in the machine's network namespace.
        read(`/proc/${pid}/cmdline`).includes(`-namespace\0${namespaceOf(host)}\0`),
    )
    .map(Number);
}

/** Removes the cgroups of an engine whose processes have been killed. */
export async function removeCgroups(host: string): Promise<void> {
  for (const deadline = Date.now() + 60_000; ; await sleep(50)) {
    const left = cgroupsOf(host).filter((folder) => !removed(folder));
    if (left.length === 0) return;
    if (Date.now() > deadline) throw new Error(`cgroups of ${host} are in use: ${left.join(", ")}`);
  }
}

/** Returns the cgroups below the engine's --cgroup-parent in all hierarchies, the deepest first. */
function cgroupsOf(host: string): string[] {
  const tops = lines("/proc/self/mountinfo")
    .filter((line) => / - cgroup2? /.test(line))
    .map((line) => join(line.split(" ")[4] ?? "", namespaceOf(host)));
  return [...new Set(tops)].filter((folder) => existsSync(folder)).flatMap(withFolders);
}

function withFolders(folder: string): string[] {
  try {
    const inside = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [...inside.flatMap(({ name }) => withFolders(join(folder, name))), folder];
  } catch {
    return []; // The cgroup has just been removed.
  }
}

function removed(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}

const lines = (file: string) => read(file).split("\n").filter(Boolean);

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // The process has just ended.
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
