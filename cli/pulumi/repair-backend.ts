/**
 * Repairs what a full disk or a killed run leaves in the folder of Pulumi's file backend, so that Pulumi can use it: each
 * of these files makes it refuse every command.
 */
import { rmSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { isAlive } from "../../provider/engine/connection/process-alive.js";
import { writeWhole } from "../../provider/shared/write-file.js";
import { namesIn, readIfAny } from "./files.js";
import { type Stack, stacksFolder, stateFolder } from "./stack.js";
import { forgetDamage, restoreState } from "./stored-state.js";

/** Does nothing to the state of a run in progress. */
export function repairBackend(stack: Stack, env: NodeJS.ProcessEnv): void {
  const root = stateFolder(stack.backend, env);
  const states = stacksFolder(stack.backend, stack.project, env);
  if (root === undefined || states === undefined) return;
  const locks = join(root, "locks", "organization", stack.project, stack.name);
  for (const folder of [root, states, locks]) removeCutAttributes(folder);
  restoreVersion(join(root, "meta.yaml"));
  removeStaleLocks(locks);
  if (locksIn(locks).length === 0) restoreState(states, stack.name);
}

export function endRepair(stack: Stack, env: NodeJS.ProcessEnv): void {
  const states = stacksFolder(stack.backend, stack.project, env);
  if (states !== undefined) forgetDamage(states, stack.name);
}

/** Content types and checksums of the files beside them: Pulumi reads a file without them, but not with a cut one. */
function removeCutAttributes(folder: string): void {
  for (const name of namesIn(folder).filter((one) => one.endsWith(".attrs"))) {
    const file = join(folder, name);
    const text = readIfAny(file)?.toString("utf8");
    if (text !== undefined && objectIn(text) === undefined) rmSync(file, { force: true });
  }
}

/** The version of the folder's layout. Pulumi refuses a file without it, and 1 is the only one with projects. */
function restoreVersion(file: string): void {
  const text = readIfAny(file)?.toString("utf8");
  if (text !== undefined && !text.includes("version:")) writeWhole(file, "version: 1\n");
}

/**
 * Removes locks of ended processes of this machine. Each lock is a file with a unique name, so a lock taken since is not
 * affected.
 */
export function removeStaleLocks(folder: string): void {
  for (const name of locksIn(folder)) {
    const file = join(folder, name);
    const text = readIfAny(file)?.toString("utf8");
    if (text !== undefined && isStale(text, file)) rmSync(file, { force: true });
  }
}

function locksIn(folder: string): string[] {
  return namesIn(folder).filter((name) => !name.endsWith(".attrs"));
}

/** Pulumi renames a lock that it has written, and does not start without: a cut one belongs to no run. */
function isStale(text: string, file: string): boolean {
  const lock = objectIn(text);
  if (!lock) return isOfThisMachine(text) && (file.endsWith(".json") || isOld(file));
  const { hostname: machine, pid } = lock;
  return machine === hostname() && typeof pid === "number" && !isAlive(pid);
}

function isOfThisMachine(cut: string): boolean {
  const [, machine = hostname()] = /"hostname":\s*"([^"]+)"/.exec(cut) ?? [];
  return machine === hostname();
}

/** Files under other names are being written, which takes no time, or were when the disk was full. */
function isOld(file: string): boolean {
  const written = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
  return Date.now() - written > 500;
}

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
