/** What Pulumi's engine and CLI say in words only: the one place of the CLI where such text decides. */
import { K2Error } from "../../provider/shared/errors.js";

/** Its own summing-up of a run: the resources have said more. */
export function isSummary(message: string): boolean {
  return /^(error: )?(update|preview|destroy|refresh) failed$/.test(message.trim());
}

/** Of the language host; it says nothing about the application. */
export function isNoise(message: string): boolean {
  return message.includes("Could not find a package.json");
}

/** "error: 1 error occurred: * as: web-1 exited" */
export function withoutWrapping(message: string): string {
  return message
    .replace(/^error: /, "")
    .replace(/^\d+ errors? occurred:\s*\n?\s*\* /, "")
    .trim();
}

export function isLocked(complaint: string): boolean {
  return /currently locked/.test(complaint);
}

/** Locks by name, with the machine and process that made them. */
export function locksIn(complaint: string): { url: string; machine: string; pid: number }[] {
  const found = complaint.matchAll(/(file:\/\/\S+): created by \S*@(\S+) \(pid (\d+)\)/g);
  return [...found].map(([, url = "", machine = "", pid]) => ({ url, machine, pid: Number(pid) }));
}

/** Another version of the CLI than those that k2-compose knows. */
export function knowsNoFlag(complaint: string): boolean {
  return complaint.startsWith("unknown flag: ");
}

/** It cannot be told where program and handlers are. */
export function knowsNoClients(complaint: string): boolean {
  return complaint.includes("unknown flag: --client");
}

export function isNoStack(error: unknown): boolean {
  return K2Error.is(error) && error.what.includes("no stack named");
}

/** Of `pulumi config get`. */
export function isNotSet(error: unknown): boolean {
  return K2Error.is(error) && error.what.includes("not found");
}
