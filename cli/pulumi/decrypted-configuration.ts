/** A stack's configuration with its encrypted values, which only Pulumi can read. They stay in this process. */
import { K2Error, messageOf, type Position } from "../../provider/shared/errors.js";
import { pulumiJson } from "./command.js";
import { isNoStack } from "./pulumi-words.js";
import { readFrom, type StackConfiguration } from "./stack-configuration.js";
import type { Stack } from "./stack.js";
import { hasOrganizations } from "./stack-name.js";
import { withTemporaryBackend } from "./temporary-backend.js";

interface Setting {
  value?: string;
  objectValue?: unknown;
}

/** Throws K2Error with Pulumi's message if it cannot be had. */
export async function decryptedConfiguration(
  stack: Stack,
  env: NodeJS.ProcessEnv,
): Promise<StackConfiguration> {
  const ask = async (where: Stack) => {
    const json = await pulumiJson(where, ["config", "--show-secrets", "--json"], env);
    return readFrom(valuesOf(json as Record<string, Setting>));
  };
  try {
    return await ask(stack);
  } catch (error) {
    // Before its first deployment, the stack may exist in its configuration file only.
    if (!isNoStack(error) || hasOrganizations(stack.backend)) throw error;
    return withTemporaryBackend(stack, env, ask);
  }
}

function valuesOf(settings: Record<string, Setting>): Record<string, unknown> {
  const values = Object.entries(settings).map(([name, { objectValue, value }]): [string, unknown] => [
    name,
    objectValue ?? value,
  ]);
  return Object.fromEntries(values);
}

interface Use {
  /** Empty if the setting is not known. */
  variable?: string | undefined;
  /** The path of its value in the compose files. */
  path?: string | undefined;
  at?: Position | undefined;
}

/** `cause`: the failure of `decryptedConfiguration`. */
export function undecryptedError(
  stack: Stack,
  { variable = "", path = "", at }: Use,
  cause: unknown,
): K2Error {
  const setting = variable === "" ? "configuration" : `k2-compose:environment.${variable}`;
  const user = path === "" ? "the compose files need" : `${path} needs`;
  const what = `${user} ${setting} of stack ${stack.name}, which Pulumi cannot decrypt`;
  return new K2Error("usage", `${what}: ${K2Error.is(cause) ? cause.what : messageOf(cause)}`, {
    ...(at && { at }),
    hint:
      "Set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the stack's passphrase, or make the\n" +
      "  credentials of its secrets provider available.",
    cause,
  });
}
