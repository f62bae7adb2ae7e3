/** TLS material that the stack's configuration keeps: Pulumi is asked for it, and it stays in memory. */
import { existsSync } from "node:fs";
import type { TlsMaterial } from "../../provider/engine/connection/tls-material.js";
import { tlsSetting } from "../../provider/model/tls.js";
import { pulumiJson } from "./command.js";
import { isNoStack, isNotSet } from "./pulumi-words.js";
import { folderOf } from "./stack.js";
import type { Stack } from "./stack.js";

/** By name; nothing where nothing is set. Throws K2Error where it is set and cannot be read. */
export async function tlsSecretsOf(
  stack: Stack | undefined,
  env: NodeJS.ProcessEnv,
): Promise<Record<string, TlsMaterial>> {
  if (!stack || !existsSync(folderOf(stack, env))) return {};
  try {
    return (await pulumiJson(stack, ["config", "get", tlsSetting], env)) as Record<string, TlsMaterial>;
  } catch (error) {
    if (isNoStack(error) || isNotSet(error)) return {};
    throw error;
  }
}
