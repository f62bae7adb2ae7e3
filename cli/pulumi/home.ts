import { homedir } from "node:os";
import { join } from "node:path";
import { K2Error } from "../../provider/shared/errors.js";
import { readIfAny } from "./files.js";

/** k2-compose's own folder: state of users that are not logged in to a backend, the passphrase, generated projects. */
export function ownHome(env: NodeJS.ProcessEnv): string {
  return join(env.HOME || homedir(), ".k2-compose");
}

export function pulumiHome(env: NodeJS.ProcessEnv): string {
  return env.PULUMI_HOME || join(env.HOME || homedir(), ".pulumi");
}

/** The backend selected by `pulumi login`. */
export function loggedInTo(env: NodeJS.ProcessEnv): string | undefined {
  const file = join(pulumiHome(env), "credentials.json");
  const { current } =
    readJson<{ current?: string }>(
      file,
      "Log in again (pulumi login), or remove the file if you had no login.",
    ) ?? {};
  if (current) return current;
  return env.PULUMI_ACCESS_TOKEN ? "https://api.pulumi.com" : undefined;
}

/** Undefined if the file is missing. Throws K2Error if it is not JSON: another backend or stack is never guessed. */
export function readJson<T>(file: string, remedy: string): T | undefined {
  const text = readIfAny(file)?.toString("utf8");
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    const what = text.trim() === "" ? "the file is empty" : "the file is not JSON";
    throw new K2Error("usage", what, { at: file, hint: remedy, cause });
  }
}
