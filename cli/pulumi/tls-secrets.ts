/** Reads TLS material from the stack's configuration through Pulumi, and keeps it in memory only. */
import { existsSync } from "node:fs";
import type { TlsMaterial } from "../../provider/engine/connection/tls-material.js";
import { tlsSetting } from "../../provider/model/tls.js";
import { pulumiJson } from "./command.js";
import { isNoStack, isNotSet } from "./pulumi-words.js";
import { pulumiFolderOf, type Stack } from "./stack.js";

/** By name; empty if nothing is set. Throws K2Error if it cannot be read. */
export async function tlsSecretsOf(
  stack: Stack | undefined,
  env: NodeJS.ProcessEnv,
): Promise<Record<string, TlsMaterial>> {
  if (!stack || !existsSync(pulumiFolderOf(stack, env))) return {};
  try {
    return (await pulumiJson(stack, ["config", "get", tlsSetting], env)) as Record<string, TlsMaterial>;
  } catch (error) {
    if (isNoStack(error) || isNotSet(error)) return {};
    throw error;
  }
}
