/** TLS material from the stack's configuration. Pulumi passes it to providers decrypted; it is kept in memory only. */
import type { TlsMaterial } from "../../engine/connection/tls-material.js";
import { K2Error } from "../../shared/errors.js";
import { tlsSetting } from "../../model/tls.js";

export interface ConfigureRequest {
  config: { get(key: string): unknown };
}

/** By name. An object in the configuration comes as JSON. */
export function tlsSecretsIn({ config }: ConfigureRequest): Record<string, TlsMaterial | undefined> {
  return materialIn(config.get(tlsSetting));
}

function materialIn(setting: unknown): Record<string, TlsMaterial | undefined> {
  if (typeof setting !== "string") return (setting ?? {}) as Record<string, TlsMaterial>;
  try {
    return JSON.parse(setting) as Record<string, TlsMaterial>;
  } catch {
    // The parser's message would quote its input.
    throw new K2Error("invalid-file", `${tlsSetting} in the stack's configuration is not a map of names`, {
      hint: `Set it piece by piece: pulumi config set --secret --path '${tlsSetting}.NAME.key' < key.pem`,
    });
  }
}
