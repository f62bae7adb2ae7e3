/** The Pulumi CLI for one stack, in the surroundings that `k2-compose env` gives. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { K2Error, messageOf } from "../../provider/shared/errors.js";
import { pulumiFolder } from "./find-cli.js";
import { withoutWrapping } from "./pulumi-words.js";
import { folderOf, type Stack } from "./stack.js";
import { fullName } from "./stack-name.js";
import { surroundings } from "./environment.js";

/** What it printed, which is JSON. Throws K2Error as `pulumi()` does. */
export async function pulumiJson(stack: Stack, args: string[], env: NodeJS.ProcessEnv): Promise<unknown> {
  const text = await pulumi(stack, args, env);
  try {
    return JSON.parse(text);
  } catch {
    // It may hold secrets: nothing of it is told.
    throw failed(stack, args, "it is not JSON");
  }
}

/** What it printed. Throws K2Error with what it complained of where it fails. `named`: the command takes `--stack`. */
export async function pulumi(
  stack: Stack,
  args: string[],
  env: NodeJS.ProcessEnv,
  { named = true } = {},
): Promise<string> {
  const { folder } = pulumiFolder(env);
  if (folder === undefined)
    throw new K2Error("usage", `state is at ${stack.backend}, and there is no Pulumi CLI to ask for it`, {
      hint: "Install it (https://www.pulumi.com/docs/install) so that `pulumi` is on PATH.",
    });
  const all = [...args, ...(named ? ["--stack", fullName(stack)] : []), "--non-interactive", "--color=never"];
  const backend = stack.folder === undefined ? {} : { PULUMI_BACKEND_URL: stack.backend };
  const own = folderOf(stack, env);
  const options = {
    // A project that is kept for a compose file has no folder before its first run.
    cwd: existsSync(own) ? own : tmpdir(),
    env: { ...env, ...surroundings(env), ...backend },
    maxBuffer: 1 << 30,
  };
  try {
    return (await promisify(execFile)(join(folder, "pulumi"), all, options)).stdout;
  } catch (error) {
    const stderr = String((error as { stderr?: unknown }).stderr ?? "").trim();
    throw failed(stack, args, withoutWrapping(stderr) || messageOf(error));
  }
}

/** "pulumi stack export: no stack named 'dev' found" */
function failed(stack: Stack, args: string[], why: string): K2Error {
  return new K2Error("engine", `pulumi ${args.slice(0, 2).join(" ")}: ${why}`, { at: stack.name });
}
