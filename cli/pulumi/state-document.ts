/** Reads the state of a stack. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { K2Error, messageOf } from "../../provider/shared/errors.js";
import { pulumiJson } from "./command.js";
import { isNoStack } from "./pulumi-words.js";
import { pulumiFolderOf, type Stack, stacksFolder } from "./stack.js";

/** The state as Pulumi writes it, with secrets encrypted; undefined if the stack does not exist. */
export async function documentOf(stack: Stack, env: NodeJS.ProcessEnv): Promise<unknown> {
  const folder = stacksFolder(stack.backend, stack.project, env);
  const document = folder === undefined ? undefined : readStackFile(folder, stack.name);
  if (document !== undefined) return document;
  if (folder !== undefined && !existsSync(join(folder, `${stack.name}.json.zst`))) return undefined;
  return exported(stack, env);
}

function readStackFile(folder: string, name: string): unknown {
  for (const [suffix, decode] of [
    ["", (data: Buffer) => data],
    [".gz", gunzipSync],
  ] as const) {
    const file = join(folder, `${name}.json${suffix}`);
    if (!existsSync(file)) continue;
    try {
      return JSON.parse(decode(readFileSync(file)).toString("utf8"));
    } catch (error) {
      throw new K2Error("engine", `cannot read the stack's state: ${messageOf(error)}`, {
        at: file,
        cause: error,
      });
    }
  }
  return undefined;
}

/** For other backends, Pulumi exports the state. */
async function exported(stack: Stack, env: NodeJS.ProcessEnv): Promise<unknown> {
  if (!existsSync(pulumiFolderOf(stack, env))) return undefined;
  try {
    return await pulumiJson(stack, ["stack", "export"], env);
  } catch (error) {
    if (isNoStack(error)) return undefined;
    throw error;
  }
}
