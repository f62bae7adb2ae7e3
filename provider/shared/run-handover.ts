/**
 * The data that `k2-compose up` passes to the processes that Pulumi starts for it. Child processes inherit the
 * environment and other processes of the user can read it, so it contains only the location of the data.
 */
import { closeSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { K2Error } from "./errors.js";

/** Set in every run that k2-compose started: a RunNotice as JSON. */
export const runVariable = "K2_COMPOSE_RUN";

export interface RunNotice {
  /** Seconds. Used by deletions, since Pulumi passes only the state to their handlers. */
  stopTimeout?: number | undefined;
  handover?: HandoverSource;
}

/** Each source can be read only once. */
export type HandoverSource = { file: string } | { descriptor: number };

export function readNotice(env: NodeJS.ProcessEnv): RunNotice {
  return JSON.parse(env[runVariable] ?? "{}") as RunNotice;
}

/** Empty in a run that k2-compose did not start. */
export function takeHandover<Handover extends object>(env: NodeJS.ProcessEnv): Partial<Handover> {
  const { handover } = readNotice(env);
  if (!handover) return {};
  const text = "file" in handover ? takeFile(handover.file) : readToEnd(handover.descriptor);
  if (text !== "") return JSON.parse(text) as Partial<Handover>;
  throw new K2Error("cancelled", "k2-compose ended before it had handed over its plan");
}

function takeFile(file: string): string {
  const text = readFileSync(file, "utf8");
  rmSync(file);
  try {
    rmdirSync(dirname(file));
  } catch {
    // k2-compose removes it at the end of the run.
  }
  return text;
}

function readToEnd(descriptor: number): string {
  try {
    return readFileSync(descriptor, "utf8");
  } finally {
    closeSync(descriptor);
  }
}
