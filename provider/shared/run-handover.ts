/**
 * The data that `k2-compose up` passes to the processes that Pulumi starts for it. Child processes inherit the
 * environment and other processes of the user can read it, so it contains only the location of the data.
 */
import { closeSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { K2Error } from "./errors.js";
import { ownVersion } from "./version.js";

/** Set in every run that k2-compose started: a RunNotice as JSON. */
export const runVariable = "K2_COMPOSE_RUN";

export interface RunNotice {
  /** Seconds. Deletions use this and `volumes`, since Pulumi passes only the state to their handlers. */
  stopTimeout?: number | undefined;
  /** `remove`: deletions of services take the anonymous volumes along. */
  volumes?: "keep" | "remove" | undefined;
  /** Deletions of nodes leave the swarm that the stack has formed. */
  leaveSwarm?: boolean | undefined;
  handover?: HandoverSource;
}

/** Each source can be read only once. */
export type HandoverSource = { file: string } | { descriptor: number };

export function readNotice(env: NodeJS.ProcessEnv): RunNotice {
  return JSON.parse(env[runVariable] ?? "{}") as RunNotice;
}

/** Settings that every run receives from the CLI, so that those in the configuration of its stack do not apply. */
export const runSettings = [
  "directory",
  "files",
  "projectName",
  "projectDirectory",
  "profiles",
  "envFiles",
] as const;

/** How a run treats the stack's configuration. */
export interface RunConfiguration {
  /** Settings in the configuration are ignored. False where only the program knows them. */
  replaces: boolean;
  /** The configuration file of a generated project: the program writes the settings of its run into it. */
  file?: string;
  /** The new content, if the file is still as the CLI has read it: the program then needs no YAML parser. */
  computed?: { from: string; to: string };
}

interface Envelope<Handover> {
  version: string;
  handover: Handover;
}

export function handoverText(handover: object): string {
  return JSON.stringify({ version: ownVersion(), handover } satisfies Envelope<object>);
}

/** Empty in a run that k2-compose did not start. */
export function takeHandover<Handover extends object>(env: NodeJS.ProcessEnv): Partial<Handover> {
  const { handover } = readNotice(env);
  if (!handover) return {};
  const text = "file" in handover ? takeFile(handover.file) : readToEnd(handover.descriptor);
  if (text === "") throw new K2Error("cancelled", "k2-compose ended before it had handed over its plan");
  const sent = JSON.parse(text) as Envelope<Partial<Handover>>;
  assertSameVersion(sent.version);
  return sent.handover;
}

/** The plan of another version may lack what this version registers. */
function assertSameVersion(version: string): void {
  const own = ownVersion();
  if (version === own) return;
  throw new K2Error("usage", `k2-compose ${version} runs a project in which k2-compose ${own} is installed`, {
    hint: `Run npx k2-compose, or install the same version in the project: npm install k2-compose@${version}`,
  });
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
