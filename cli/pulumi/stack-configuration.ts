/** Reads the parts of a stack's configuration that concern compose files, as the program does. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Encrypt, encryptChoices } from "../../provider/model/secret-names.js";
import { K2Error } from "../../provider/shared/errors.js";
import { runSettings } from "../../provider/shared/run-handover.js";
import type { PulumiProject } from "./project.js";
import { placeholderOf } from "./secret-placeholder.js";
import type { Stack } from "./stack.js";
import { hasOrganizations } from "./stack-name.js";

export interface StackConfiguration {
  files?: string[];
  directory?: string;
  projectName?: string;
  profiles?: string[];
  envFiles?: string[];
  /** A placeholder is the value of each encrypted variable. */
  environment?: Record<string, string>;
  /** Names of the encrypted variables in `environment`. */
  encrypted?: string[];
  /** All names in `environment`, where one of its values is encrypted: Pulumi marks all of them as secret then. */
  secretVariables?: string[];
  projectDirectory?: string;
  saveSuffix?: string;
  rebalance?: boolean;
  encrypt?: Encrypt;
  /** Settings are not in this file in clear, so that only the program knows them. */
  isHidden?: boolean;
}

/** Pulumi.STACK.yaml overrides `config:` of Pulumi.yaml. Only Pulumi decrypts values (`decrypted-configuration.ts`). */
export async function stackConfiguration(
  project: PulumiProject,
  stack: Stack | undefined,
): Promise<StackConfiguration> {
  const file = stack && configurationFile(project.configFolder, stack.name);
  const { config = {}, environment } = file === undefined ? {} : await contentOf(file);
  const all = { ...project.config, ...config };
  // Pulumi Cloud adds what the environments hold that `environment` names, and may keep all of a stack's configuration.
  const isElsewhere =
    stack !== undefined && file !== undefined && !existsSync(file) && hasOrganizations(stack.backend);
  const isHidden = environment !== undefined || isElsewhere || holdsHidden(all);
  return { ...readFrom(all), ...(isHidden && { isHidden }) };
}

/** Settings that the user has added to a project that is kept for a folder. The others repeat the last run. */
export async function keptConfiguration(folder: string, stack: string): Promise<StackConfiguration> {
  const { config = {}, environment } = await contentOf(configurationFile(folder, stack));
  const own = Object.fromEntries(
    Object.entries(config).filter(([name]) => !isRunSetting(name.replace("k2-compose:", ""))),
  );
  const isHidden = environment !== undefined || holdsHidden(own);
  return { ...readFrom(own), ...(isHidden && { isHidden }) };
}

export function withoutRunSettings(configuration: StackConfiguration): StackConfiguration {
  const own = { ...configuration };
  for (const name of runSettings) delete own[name];
  return own;
}

/** Configuration of a generated project, with the settings of its last run. */
export async function configurationIn(folder: string, stack: string): Promise<StackConfiguration> {
  const { config = {} } = await contentOf(configurationFile(folder, stack));
  return readFrom(config);
}

/** The name of a stack may contain its organization and project. */
export function configurationFile(folder: string, stack: string): string {
  return join(folder, `Pulumi.${stack.split("/").at(-1)}.yaml`);
}

/** `config`: by full names, "k2-compose:files". */
export function readFrom(config: Record<string, unknown>): StackConfiguration {
  const read = (name: string) => plain(config[`k2-compose:${name}`]);
  return {
    ...text("directory", read("directory")),
    ...text("projectName", read("projectName")),
    ...text("projectDirectory", read("projectDirectory")),
    ...text("saveSuffix", read("saveSuffix")),
    ...(String(read("rebalance")) === "true" && { rebalance: true }),
    ...encrypt(read("encrypt")),
    ...list("files", read("files")),
    ...list("profiles", read("profiles")),
    ...list("envFiles", read("envFiles")),
    ...environment(read("environment")),
  };
}

interface Content {
  config?: Record<string, unknown> | null;
  environment?: unknown;
}

async function contentOf(file: string): Promise<{ config?: Record<string, unknown>; environment?: unknown }> {
  if (!existsSync(file)) return {};
  const { parse } = await import("yaml");
  const { config, environment } = (parse(readFileSync(file, "utf8")) ?? {}) as Content;
  return { ...(config && { config }), environment };
}

const settings = [...runSettings, "saveSuffix", "rebalance"];

function isRunSetting(name: string): boolean {
  return runSettings.some((setting) => setting === name);
}

/** Single values of `environment` may be encrypted: placeholders stand for them. */
function holdsHidden(config: Record<string, unknown>): boolean {
  return (
    settings.some((name) => holdsEncrypted(config[`k2-compose:${name}`])) ||
    isEncrypted(config["k2-compose:environment"])
  );
}

function holdsEncrypted(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return isEncrypted(value) || Object.values(value).some(holdsEncrypted);
}

function isEncrypted(value: unknown): boolean {
  return typeof value === "object" && value !== null && "secure" in value;
}

/** Pulumi.yaml may contain `{value: …}`; `{secure: …}` cannot be read here. */
function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  if ("secure" in value) return undefined;
  return "value" in value ? value.value : value;
}

function text(name: string, value: unknown): Record<string, string> {
  return value == null ? {} : { [name]: String(value) };
}

function encrypt(value: unknown): Pick<StackConfiguration, "encrypt"> {
  if (value == null) return {};
  const chosen = encryptChoices.find((choice) => choice === value);
  if (chosen !== undefined) return { encrypt: chosen };
  throw new K2Error("usage", `k2-compose:encrypt is ${JSON.stringify(value)}`, {
    hint: `Set one of ${encryptChoices.join(", ")}: pulumi config set k2-compose:encrypt likely`,
  });
}

/** A list, a list in JSON, or names separated by commas. */
function list(name: string, value: unknown): Record<string, string[]> {
  if (value == null || value === "") return {};
  if (Array.isArray(value)) return { [name]: value.map(String) };
  const written = String(value).trim();
  const parsed: unknown = written.startsWith("[") ? JSON.parse(written) : undefined;
  const items: unknown[] = Array.isArray(parsed) ? parsed : written.split(",");
  return { [name]: items.map((item) => String(item).trim()) };
}

function environment(
  value: unknown,
): Pick<StackConfiguration, "environment" | "encrypted" | "secretVariables"> {
  if (value == null) return {};
  const parsed: unknown = typeof value === "string" ? JSON.parse(value) : value;
  const object = new Map<string, unknown>(
    typeof parsed === "object" && parsed !== null ? Object.entries(parsed) : [],
  );
  const encrypted = [...object].flatMap(([name, item]) => (isEncrypted(item) ? [name] : []));
  const known = [...object].flatMap(([name, item]) => {
    const readable = isEncrypted(item) ? placeholderOf(name) : plain(item);
    return readable == null ? [] : [[name, String(readable)] as const];
  });
  const secretVariables = holdsEncrypted(parsed) ? [...object.keys()].sort() : [];
  return {
    environment: Object.fromEntries(known),
    ...(encrypted.length > 0 && { encrypted }),
    ...(secretVariables.length > 0 && { secretVariables }),
  };
}
