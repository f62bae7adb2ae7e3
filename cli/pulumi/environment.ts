/**
 * The environment that `pulumi` needs to work on the same stacks as k2-compose: `k2-compose env` prints it, `up` uses
 * it.
 */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { K2Error, messageOf, systemCodeOf } from "../../provider/shared/errors.js";
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

function passphraseFile(env: NodeJS.ProcessEnv): string {
  const file = join(ownHome(env), "passphrase");
  attempt(file, () => {
    if (existsSync(file)) return void readFileSync(file);
    mkdirSync(ownHome(env), { recursive: true, mode: 0o700 });
    // "wx": of two first runs at once, one writes and the other takes what is there.
    writeFileSync(file, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
  });
  return file;
}

function makeStateFolder(folder: string): void {
  attempt(folder, () => mkdirSync(folder, { recursive: true, mode: 0o700 }));
}

function attempt(path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (systemCodeOf(error) === "EEXIST" && existsSync(path)) return;
    throw new K2Error("usage", `cannot use ${path}: ${messageOf(error)}`, {
      hint: "Set PULUMI_CONFIG_PASSPHRASE and PULUMI_BACKEND_URL, or set HOME to a writable folder.",
      cause: error,
    });
  }
}
