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
  if (typeof setting !== "string") return isMap(setting) ? setting : {};
  try {
    const parsed: unknown = JSON.parse(setting);
    return isMap(parsed) ? parsed : {};
  } catch {
    // The parser's message would quote its input.
    throw new K2Error("invalid-file", `${tlsSetting} in the stack's configuration is not a map of names`, {
      hint: `Set it piece by piece: pulumi config set --secret --path '${tlsSetting}.NAME.key' < key.pem`,
    });
  }
}

function isMap(value: unknown): value is Record<string, TlsMaterial> {
  return typeof value === "object" && value !== null;
}
