/** Reads the state of a stack. */
import { existsSync } from "node:fs";
import { pulumiJson } from "./command.js";
import { isNoStack } from "./pulumi-words.js";
import { pulumiFolderOf, type Stack, stacksFolder } from "./stack.js";
import { readStoredState, type StoredState } from "./stored-state.js";

/** The state as Pulumi writes it, with secrets encrypted; undefined if the stack does not exist. */
export async function documentOf(stack: Stack, env: NodeJS.ProcessEnv): Promise<unknown> {
  return (await storedStateOf(stack, env)).document;
}

/** The state, and whether it is damaged. */
export async function storedStateOf(stack: Stack, env: NodeJS.ProcessEnv): Promise<StoredState> {
  const folder = stacksFolder(stack.backend, stack.project, env);
  const stored = folder === undefined ? undefined : readStoredState(folder, stack.name);
  return stored ?? { document: await exported(stack, env) };
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
