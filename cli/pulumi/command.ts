/** Runs the Pulumi CLI for a stack, with the environment that `k2-compose env` prints. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { K2Error, messageOf } from "../../provider/shared/errors.js";
import { pulumiFolder } from "./find-cli.js";
import { withoutWrapping } from "./pulumi-words.js";
import { pulumiFolderOf, type Stack } from "./stack.js";
import { fullName, hasOrganizations } from "./stack-name.js";
import { pulumiEnvironment } from "./environment.js";
import { repairBackend } from "./repair-backend.js";

/** Returns its JSON output. Throws K2Error as `pulumi()` does. */
export async function pulumiJson(stack: Stack, args: string[], env: NodeJS.ProcessEnv): Promise<unknown> {
  const text = await pulumi(stack, args, env);
  try {
    return JSON.parse(text);
  } catch {
    // The output may contain secrets, so the message does not quote it.
    throw failed(stack, args, "the output is not JSON");
  }
}

/** Returns its output. Throws K2Error with Pulumi's message if it fails. `named`: the command takes `--stack`. */
export async function pulumi(
  stack: Stack,
  args: string[],
  env: NodeJS.ProcessEnv,
  { named = true } = {},
): Promise<string> {
  const { folder } = pulumiFolder(env);
  if (folder === undefined)
    throw new K2Error("usage", `state is at ${stack.backend}, and no Pulumi CLI is available to read it`, {
      hint: "Install it (https://www.pulumi.com/docs/install) so that `pulumi` is on PATH.",
    });
  if (named) repairBackend(stack, env);
  const all = [...args, ...(named ? ["--stack", fullName(stack)] : []), "--non-interactive", "--color=never"];
  const backend = stack.folder === undefined ? {} : { PULUMI_BACKEND_URL: stack.backend };
  const own = pulumiFolderOf(stack, env);
  const options = {
    // A generated project has no folder before its first run.
    cwd: existsSync(own) ? own : tmpdir(),
    env: { ...env, ...pulumiEnvironment(env), ...backend },
    maxBuffer: 1 << 30,
  };
  try {
    return (await promisify(execFile)(join(folder, "pulumi"), all, options)).stdout;
  } catch (error) {
    const stderr = error instanceof Error && "stderr" in error ? String(error.stderr ?? "").trim() : "";
    throw failed(stack, args, withoutWrapping(stderr) || messageOf(error));
  }
}

/** "pulumi stack export: no stack named 'dev' found" */
function failed(stack: Stack, args: string[], why: string): K2Error {
  return new K2Error("engine", `pulumi ${args.slice(0, 2).join(" ")}: ${why}`, { at: stack.name });
}

/** The organization in the labels on the stack's resources: what `getOrganization()` returns in its program. */
export async function organizationOf(stack: Stack | undefined, env: NodeJS.ProcessEnv): Promise<string> {
  if (!stack || !hasOrganizations(stack.backend)) return "organization";
  return stack.organization ?? (await defaultOrganization(stack, env));
}

/** The organization that the user or the service has configured, otherwise the user's own. */
async function defaultOrganization(stack: Stack, env: NodeJS.ProcessEnv): Promise<string> {
  const configured = (await pulumi(stack, ["org", "get-default"], env, { named: false })).trim();
  // Pulumi prints a sentence if there is none. Names have no spaces.
  if (/^\S+$/.test(configured)) return configured;
  return (await pulumi(stack, ["whoami"], env, { named: false })).trim();
}
