/** The Pulumi project of a compose file, and its selected stack. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { K2Error, messageOf } from "../../provider/shared/errors.js";
import { pulumiHome, readJson } from "./home.js";
import type { World } from "../terminal/process-io.js";

export interface PulumiProject {
  name: string;
  folder: string;
  /** Path of its Pulumi.yaml. */
  file: string;
  /** `config:` of Pulumi.yaml, which applies to all stacks. */
  config: Record<string, unknown>;
  /** Folder of the configuration files of stacks. */
  configFolder: string;
  /** `backend: {url}`, which overrides `pulumi login`. */
  backend?: string;
}

/** The project in this folder, if its program is k2-compose or uses the library. */
async function pulumiProjectIn(folder: string): Promise<PulumiProject | undefined> {
  const file = ["Pulumi.yaml", "Pulumi.yml"]
    .map((name) => join(folder, name))
    .find((path) => existsSync(path));
  if (file === undefined) return undefined;
  const yaml = await parsed(file);
  if (typeof yaml.name !== "string" || !runsK2Compose(folder, yaml.main)) return undefined;
  const backend = yaml.backend?.url;
  const configFolder = resolve(folder, yaml.stackConfigDir ?? ".");
  return {
    name: yaml.name,
    folder,
    file,
    config: yaml.config ?? {},
    configFolder,
    ...(backend && { backend }),
  };
}

/** The project in this folder, or (`upward`) in the nearest parent, unless another compose file is in between. */
export async function findPulumiProject(folder: string, upward: boolean): Promise<PulumiProject | undefined> {
  for (let current = folder; ; current = dirname(current)) {
    const found = await pulumiProjectIn(current);
    if (found || !upward || hasComposeFile(current) || dirname(current) === current) return found;
  }
}

/** The stack selected by `pulumi stack select` for this project and backend. */
export function selectedStack(
  { name, file }: PulumiProject,
  backend: string,
  env: World["env"],
): string | undefined {
  if (env.PULUMI_STACK) return env.PULUMI_STACK;
  const id = createHash("sha1").update(file).digest("hex");
  const path = join(pulumiHome(env), "workspaces", `${name}-${id}-workspace.json`);
  const selected = readJson<Selection>(path, "Select the stack again: pulumi stack select");
  const { stacks, stack } = selected ?? {};
  return stacks?.[backend] ?? stacks?.[withoutSlash(backend)] ?? stack;
}

interface Selection {
  stacks?: Record<string, string>;
  stack?: string;
}

interface ProjectFile {
  name?: unknown;
  main?: string;
  config?: Record<string, unknown>;
  backend?: { url?: string };
  stackConfigDir?: string;
  runtime?: string | { options?: { nodeargs?: string } };
}

async function parsed(file: string): Promise<ProjectFile> {
  const { parse } = await import("yaml");
  try {
    return (parse(readFileSync(file, "utf8")) ?? {}) as ProjectFile;
  } catch (error) {
    const [line = ""] = messageOf(error).split("\n");
    throw new K2Error("usage", line, { at: file, cause: error });
  }
}

function hasComposeFile(folder: string): boolean {
  const names = ["k2-compose", "compose", "docker-compose"].flatMap((name) => [
    `${name}.yml`,
    `${name}.yaml`,
  ]);
  return names.some((name) => existsSync(join(folder, name)));
}

function runsK2Compose(folder: string, main = "index.js"): boolean {
  const candidates = [
    main,
    `${main}.js`,
    `${main}.ts`,
    join(main, "index.js"),
    join(main, "index.ts"),
    "index.ts",
  ];
  const program = candidates
    .map((path) => join(folder, path))
    .find((path) => /\.[cm]?[jt]s$/.test(path) && existsSync(path));
  return program !== undefined && /["']k2-compose(\/program)?["']/.test(readFileSync(program, "utf8"));
}

/** The file that Pulumi runs, and whether it is k2-compose's own program and nothing else. */
export async function programOf({ folder, file }: PulumiProject): Promise<Program> {
  const { main = "index.js", runtime } = await parsed(file);
  const path = join(folder, main);
  const isPlain = existsSync(path) && ownProgram.test(readIfFile(path));
  const { nodeargs } = typeof runtime === "object" ? (runtime.options ?? {}) : {};
  return { path, isPlain, isStock: nodeargs === undefined };
}

interface Program {
  path: string;
  isPlain: boolean;
  /** Node.js runs it without options. */
  isStock: boolean;
}

const ownProgram = /^\s*(export \* from|import) ["']k2-compose\/program["'];?\s*$/;

function readIfFile(path: string): string {
  return statSync(path).isFile() ? readFileSync(path, "utf8") : "";
}

function withoutSlash(url: string): string {
  return url.replace(/\/$/, "");
}
