/**
 * The environment that `pulumi` needs to work on the same stacks as k2-compose: `k2-compose env` prints it, `up` uses
 * it.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { userInfo } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { K2Error, messageOf } from "../../provider/shared/errors.js";
import { writeWhole } from "../../provider/shared/write-file.js";
import { namesIn, readIfAny } from "./files.js";
import { pulumiFolder } from "./find-cli.js";
import { loggedInTo, ownHome, pulumiHome } from "./home.js";

/**
 * Returns only what differs from `env`. Creates the state folder and the passphrase file if they are needed and
 * missing.
 */
export function pulumiEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const { onPath, folder } = pulumiFolder(env);
  const own = chosenBackend(env) === undefined ? ownBackend(env) : undefined;
  if (own) makeStateFolder(own.folder);
  const variables: Record<string, string> = {};
  if (!onPath && folder !== undefined) variables.PATH = [folder, env.PATH].filter(Boolean).join(delimiter);
  // Pulumi uses the home folder of the user account, whatever HOME is.
  if (!env.PULUMI_HOME && env.HOME && env.HOME !== accountHome()) variables.PULUMI_HOME = pulumiHome(env);
  if (own) variables.PULUMI_BACKEND_URL = own.url;
  if (needsPassphrase(env)) variables.PULUMI_CONFIG_PASSPHRASE_FILE = passphraseFile(env);
  // Handlers wait inside Pulumi's slots; k2-compose limits the parallel calls per host itself.
  if (!env.PULUMI_PARALLEL) variables.PULUMI_PARALLEL = "64";
  if (!env.PULUMI_SKIP_UPDATE_CHECK) variables.PULUMI_SKIP_UPDATE_CHECK = "1";
  return variables;
}

/** The backend of the state: from the environment, otherwise from `pulumi login`, otherwise k2-compose's own folder. */
export function backendUrl(env: NodeJS.ProcessEnv): string {
  return chosenBackend(env) ?? ownBackend(env).url;
}

function chosenBackend(env: NodeJS.ProcessEnv): string | undefined {
  return env.PULUMI_BACKEND_URL || loggedInTo(env) || undefined;
}

function ownBackend(env: NodeJS.ProcessEnv): { folder: string; url: string } {
  const folder = join(ownHome(env), "state");
  return { folder, url: pathToFileURL(folder).href };
}

/** Undefined for a user without an account, as in many containers. */
function accountHome(): string | undefined {
  try {
    return userInfo().homedir;
  } catch {
    return undefined;
  }
}

function needsPassphrase(env: NodeJS.ProcessEnv): boolean {
  return env.PULUMI_CONFIG_PASSPHRASE === undefined && !env.PULUMI_CONFIG_PASSPHRASE_FILE;
}

/** Generated for the first stack. A lost one is not replaced: another passphrase cannot decrypt what the states hold. */
function passphraseFile(env: NodeJS.ProcessEnv): string {
  const file = join(ownHome(env), "passphrase");
  attempt(file, () => {
    const text = readIfAny(file)?.toString("utf8");
    if (text !== undefined && text.trim() !== "") return;
    if (hasStacks(env)) throw lostPassphrase(file, text !== undefined);
    mkdirSync(ownHome(env), { recursive: true, mode: 0o700 });
    if (text !== undefined) rmSync(file);
    // If two first runs start at once, one writes it, and the other takes that.
    writeWhole(file, `${randomBytes(24).toString("base64url")}\n`, { keep: true });
  });
  return file;
}

/** Whether a stack exists that was encrypted with the passphrase, as far as this folder knows. */
function hasStacks(env: NodeJS.ProcessEnv): boolean {
  const states = join(ownBackend(env).folder, ".pulumi", "stacks");
  return namesIn(states).some((project) => namesIn(join(states, project)).length > 0);
}

function lostPassphrase(file: string, isEmpty: boolean): K2Error {
  return new K2Error("usage", isEmpty ? "the passphrase file is empty" : "the passphrase file is missing", {
    at: file,
    hint:
      "It decrypts the states of this user. Restore it, or set PULUMI_CONFIG_PASSPHRASE to its content. If it is lost, move the\n" +
      `  folders state and projects in ${dirname(file)} away: the next up finds what is deployed by its labels.`,
  });
}

/** Where the passphrase comes from, for a message. */
export function passphraseSource(env: NodeJS.ProcessEnv): string {
  if (env.PULUMI_CONFIG_PASSPHRASE !== undefined) return "PULUMI_CONFIG_PASSPHRASE";
  return env.PULUMI_CONFIG_PASSPHRASE_FILE || join(ownHome(env), "passphrase");
}

function makeStateFolder(folder: string): void {
  attempt(folder, () => mkdirSync(folder, { recursive: true, mode: 0o700 }));
}

function attempt(path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (K2Error.is(error)) throw error;
    throw new K2Error("usage", `cannot use ${path}: ${messageOf(error)}`, {
      hint: "Set PULUMI_CONFIG_PASSPHRASE and PULUMI_BACKEND_URL, or set HOME to a writable folder.",
      cause: error,
    });
  }
}
