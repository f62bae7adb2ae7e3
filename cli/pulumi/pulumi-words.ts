/** Parses messages of Pulumi's engine and CLI that have no codes. Only this file of the CLI decides by such text. */
import { K2Error } from "../../provider/shared/errors.js";
import { passphraseSource } from "./environment.js";
import { ownHome, pulumiHome } from "./home.js";

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

/** Pulumi could not write the state at the end of a run. */
export function isUnsaved(complaint: string): boolean {
  return /writing snapshot: /.test(complaint);
}

/** The connection to program or handlers broke. */
export function isLostProcess(text: string): boolean {
  return /^error reading from server: /.test(text) || /connect: connection refused"?$/.test(text);
}

/** A remedy for a failure of the machine that Pulumi reports in its own words. */
export function remedyOf(complaint: string, env: NodeJS.ProcessEnv): string | undefined {
  if (/incorrect passphrase/.test(complaint))
    return `The stack was encrypted with another passphrase than that in ${passphraseSource(env)}.`;
  if (/malformed state value/.test(complaint))
    return "The encryptionsalt in Pulumi.STACK.yaml is cut: restore the file, or remove that line if nothing in it is encrypted.";
  const place = `${ownHome(env)}, ${pulumiHome(env)} or the folder for temporary files`;
  if (/no space left on device|disk quota exceeded/.test(complaint))
    return `Free some space on the file system of ${place}, and run the command again.`;
  if (/permission denied|read-only file system/.test(complaint))
    return `Check the owner and mode of ${place}: a run with sudo leaves files of root there.`;
  return undefined;
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
