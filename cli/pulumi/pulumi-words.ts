/** Parses messages of Pulumi's engine and CLI that have no codes. Only this file of the CLI decides by such text. */
import { K2Error } from "../../provider/shared/errors.js";

/** Summary of a run; the resources have reported the details. */
export function isSummary(message: string): boolean {
  return /^(error: )?(update|preview|destroy|refresh) failed$/.test(message.trim());
}

/** A warning of the language host that does not concern the application. */
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

/** Names of locks, with the machine and process that made them. */
export function locksIn(complaint: string): { url: string; machine: string; pid: number }[] {
  const found = complaint.matchAll(/(file:\/\/\S+): created by \S*@(\S+) \(pid (\d+)\)/g);
  return [...found].map(([, url = "", machine = "", pid]) => ({ url, machine, pid: Number(pid) }));
}

/** An incompatible version of the CLI. */
export function knowsNoFlag(complaint: string): boolean {
  return complaint.startsWith("unknown flag: ");
}

/** The version does not support preloaded program and handlers. */
export function knowsNoClients(complaint: string): boolean {
  return complaint.includes("unknown flag: --client");
}

export function isNoStack(error: unknown): boolean {
  return K2Error.is(error) && error.what.includes("no stack named");
}

/** Message of `pulumi config get`. */
export function isNotSet(error: unknown): boolean {
  return K2Error.is(error) && error.what.includes("not found");
}
