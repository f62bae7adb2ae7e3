/** What a stack's configuration tells the program about the compose files, told to the CLI as well. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { PulumiProject } from "./project.js";

export interface StackConfiguration {
  files?: string[];
  directory?: string;
  projectName?: string;
  profiles?: string[];
  envFiles?: string[];
  environment?: Record<string, string>;
  saveSuffix?: string;
}

/** Pulumi.STACK.yaml over `config:` of Pulumi.yaml. Encrypted values stay unknown. */
export async function stackConfiguration(
  project: PulumiProject,
  stack: string | undefined,
): Promise<StackConfiguration> {
  const own = stack === undefined ? {} : await configOf(fileOf(project.folder, stack));
  return readFrom({ ...project.config, ...own });
}

/** Of a project that is kept for a folder. */
export async function configurationIn(folder: string, stack: string): Promise<StackConfiguration> {
  return readFrom(await configOf(fileOf(folder, stack)));
}

function fileOf(folder: string, stack: string): string {
  return join(folder, `Pulumi.${stack.split("/").at(-1)}.yaml`);
}

function readFrom(config: Record<string, unknown>): StackConfiguration {
  const read = (name: string) => plain(config[`k2-compose:${name}`]);
  return {
    ...text("directory", read("directory")),
    ...text("projectName", read("projectName")),
    ...text("saveSuffix", read("saveSuffix")),
    ...list("files", read("files")),
    ...list("profiles", read("profiles")),
    ...list("envFiles", read("envFiles")),
    ...environment(read("environment")),
  };
}

async function configOf(file: string): Promise<Record<string, unknown>> {
  if (!existsSync(file)) return {};
  const { parse } = await import("yaml");
  const { config } = (parse(readFileSync(file, "utf8")) ?? {}) as { config?: Record<string, unknown> };
  return config ?? {};
}

/** Pulumi.yaml may say `{value: …}`; `{secure: …}` cannot be read here. */
function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  if ("secure" in value) return undefined;
  return "value" in value ? value.value : value;
}

function text(name: string, value: unknown): Record<string, string> {
  return value == null ? {} : { [name]: String(value) };
}

/** A list, a list in JSON, or names with commas between them. */
function list(name: string, value: unknown): Record<string, string[]> {
  if (value == null || value === "") return {};
  if (Array.isArray(value)) return { [name]: value.map(String) };
  const written = String(value).trim();
  const items = written.startsWith("[") ? (JSON.parse(written) as unknown[]) : written.split(",");
  return { [name]: items.map((item) => String(item).trim()) };
}

function environment(value: unknown): { environment?: Record<string, string> } {
  if (value == null) return {};
  const object = (typeof value === "string" ? JSON.parse(value) : value) as Record<string, unknown>;
  const known = Object.entries(object).flatMap(([name, item]) => {
    const readable = plain(item);
    return readable == null ? [] : [[name, String(readable)] as const];
  });
  return { environment: Object.fromEntries(known) };
}
