/**
 * Converts the stack's configuration, `k2-compose:…`, into arguments of ComposeProject, overridden by what
 * `k2-compose up` hands over for this run.
 */
import type * as Configuration from "@pulumi/pulumi/config.js";
import type { Input } from "@pulumi/pulumi/output.js";
import type { ComposeProjectArgs } from "k2-compose";
import { fromSdk } from "../provider/resources/sdk.js";
import { takeHandover, runSettings, type RunConfiguration } from "../provider/shared/run-handover.js";
import { keepConfiguration } from "./keep-configuration.js";

const { Config }: typeof Configuration = fromSdk("@pulumi/pulumi/config.js");
const config = new Config("k2-compose");

interface HandedOver extends ComposeProjectArgs {
  configuration?: RunConfiguration;
}

export async function readConfiguration(): Promise<ComposeProjectArgs> {
  const { configuration, ...handedOver } = takeHandover<HandedOver>(process.env);
  const { file } = configuration ?? {};
  if (file !== undefined) await keepConfiguration({ ...configuration, file }, handedOver);
  const configured = stackConfiguration();
  if (configuration?.replaces) for (const name of runSettings) Reflect.deleteProperty(configured, name);
  return {
    ...configured,
    ...handedOver,
    environment: { ...configured.environment, ...handedOver.environment },
    run: { ...configured.run, ...handedOver.run },
  };
}

function stackConfiguration(): ComposeProjectArgs {
  const args: ComposeProjectArgs = {
    directory: config.get("directory"),
    projectDirectory: config.get("projectDirectory"),
    files: list("files"),
    projectName: config.get("projectName"),
    profiles: list("profiles"),
    envFiles: list("envFiles"),
    environment: environment(),
    saveSuffix: config.get("saveSuffix"),
    rebalance: config.getBoolean("rebalance"),
    encrypt: config.get<"likely" | "all" | "none">("encrypt", { allowedValues: ["likely", "all", "none"] }),
    run: withoutUndefined({
      takeOver: config.getBoolean("takeOver"),
      forceRecreate: config.getBoolean("forceRecreate"),
      recreateVolumes: config.getBoolean("recreateVolumes"),
      removeOrphans: config.getBoolean("removeOrphans"),
      volumes: config.get<"keep" | "remove">("volumes", { allowedValues: ["keep", "remove"] }),
    }),
  };
  return withoutUndefined(args);
}

/** Removes the fields without a value. */
function withoutUndefined<T extends object>(value: T): T {
  for (const [key, item] of Object.entries(value)) if (item === undefined) Reflect.deleteProperty(value, key);
  return value;
}

/** A list in JSON, or names separated by commas. */
function list(name: string): string[] | undefined {
  const text = config.get(name)?.trim();
  if (!text) return undefined;
  if (text.startsWith("[")) return config.getObject<string[]>(name);
  return text.split(",").map((item) => item.trim());
}

/** `pulumi config set --path k2-compose:environment.NAME value`, with `--secret` for secrets. */
function environment(): Record<string, Input<string>> {
  const plain = config.getObject<Record<string, string>>("environment") ?? {};
  if (!isSecret("environment")) return plain;
  const secret = config.requireSecretObject<Record<string, string>>("environment");
  return Object.fromEntries(
    Object.keys(plain).map((name) => [name, secret.apply((values) => String(values[name] ?? ""))]),
  );
}

/** Pulumi marks the whole object as secret if one of its values is. */
function isSecret(name: string): boolean {
  const keys: string[] = JSON.parse(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "[]");
  return keys.includes(`k2-compose:${name}`);
}
