import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** k2-compose's own folder: state of users that are not logged in to a backend, the passphrase, generated projects. */
export function ownHome(env: NodeJS.ProcessEnv): string {
  return join(env.HOME || homedir(), ".k2-compose");
}

export function pulumiHome(env: NodeJS.ProcessEnv): string {
  return env.PULUMI_HOME || join(env.HOME || homedir(), ".pulumi");
}

/** The backend selected by `pulumi login`. */
export function loggedInTo(env: NodeJS.ProcessEnv): string | undefined {
  const { current } = readJson<{ current?: string }>(join(pulumiHome(env), "credentials.json")) ?? {};
  if (current) return current;
  return env.PULUMI_ACCESS_TOKEN ? "https://api.pulumi.com" : undefined;
}

/** Undefined if the file is missing or not JSON. */
export function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as T;
  } catch {
    return undefined;
  }
}
