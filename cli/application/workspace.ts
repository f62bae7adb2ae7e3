/** The Pulumi project of a run: the one next to the compose file, or one that k2-compose generates. */
import { existsSync, mkdirSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { K2Error } from "../../provider/shared/errors.js";
import { writeWhole } from "../../provider/shared/write-file.js";
import type { Context } from "./context.js";
import { ownHome } from "../pulumi/home.js";
import { programOf, type PulumiProject } from "../pulumi/project.js";
import { generatedPulumiProject, generatedStack } from "../pulumi/stack.js";
import { fullName } from "../pulumi/stack-name.js";

export interface Workspace {
  folder: string;
  /** Where Pulumi runs the program and the handlers: `main:` may be below the project's folder. Paths in inputs start here. */
  base: string;
  /** Pulumi's project and stack. */
  project: string;
  stack: string;
  /** Undefined: the default organization, or a backend without organizations. */
  organization?: string | undefined;
  /** The program is k2-compose's alone, so that its changes can be computed without running it. */
  plain: boolean;
  /** The program's file, if stock Node.js runs it, so that a preloaded process can run it too. */
  program?: string | undefined;
  /** Generated for a folder without a Pulumi project. */
  own: boolean;
}

/** `name`: the compose project. Throws K2Error if a Pulumi project has no stack selected. */
export async function findWorkspace(context: Context, name: string): Promise<Workspace> {
  const pulumi = await context.pulumiProject();
  if (!pulumi) {
    const { project, name: stack, organization } = generatedStack(context.options.stack ?? name, context.env);
    const folder = join(ownHome(context.env), "projects", stack);
    const program = join(folder, "index.js");
    return { folder, base: folder, project, stack, organization, plain: true, program, own: true };
  }
  const stack = await context.stack();
  if (!stack) {
    throw new K2Error("usage", `Pulumi project ${pulumi.name} has no stack selected`, {
      at: pulumi.file,
      hint: "Use --stack NAME, which creates a new stack if needed, or select one: pulumi stack select",
    });
  }
  const { folder, name: project } = pulumi;
  const { name: stackName, organization } = stack;
  return { folder, project, stack: stackName, organization, ...(await placeOf(pulumi)), own: false };
}

/** The value for `--stack`. */
export function stackArgument({ organization, project, stack }: Workspace): string {
  return fullName({ organization, project, name: stack });
}

/** Creates missing files of a generated project. Its program writes the configuration, while it holds Pulumi's lock. */
export function ensureWorkspace({ folder, own }: Workspace): void {
  if (!own) return;
  mkdirSync(join(folder, "node_modules", "@pulumi"), { recursive: true, mode: 0o700 });
  writeWhole(join(folder, "Pulumi.yaml"), projectFile);
  writeWhole(join(folder, "package.json"), '{ "type": "module", "private": true }\n');
  writeWhole(join(folder, "index.js"), 'export * from "k2-compose/program";\n');
  link(join(folder, "node_modules", "k2-compose"), packageFolder());
  link(join(folder, "node_modules", "@pulumi", "pulumi"), sdkFolder());
}

/** Keeps the configuration of the last run that had a compose file. */
export function withoutFile(workspace: Workspace): Workspace {
  ensureWorkspace(workspace);
  return { ...workspace, own: false };
}

const projectFile = `name: ${generatedPulumiProject}
description: Kept by k2-compose for a folder that has a compose file and no Pulumi project
runtime:
  name: nodejs
  options:
    typescript: false
# A file: given a folder, Pulumi would run the package's library as the program, and plan to delete everything.
main: index.js
`;

/** The folder where this package is installed. */
function packageFolder(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
  }
}

function sdkFolder(): string {
  try {
    return dirname(
      createRequire(join(packageFolder(), "package.json")).resolve("@pulumi/pulumi/package.json"),
    );
  } catch (cause) {
    throw new K2Error("usage", "@pulumi/pulumi is not installed next to k2-compose", {
      hint: "Install both: npm install -g k2-compose @pulumi/pulumi (or without -g, in a project).",
      cause,
    });
  }
}

function link(path: string, target: string): void {
  try {
    if (realpathSync(path) === realpathSync(target)) return;
  } catch {
    // The link is missing, or left over from a version that was uninstalled.
  }
  rmSync(path, { force: true, recursive: true });
  symlinkSync(target, path, "dir");
}

async function placeOf(pulumi: PulumiProject): Promise<Pick<Workspace, "base" | "plain" | "program">> {
  const { path, isPlain, isStock } = await programOf(pulumi);
  return {
    base: isPlain ? dirname(path) : pulumi.folder,
    plain: isPlain,
    program: isPlain && isStock ? path : undefined,
  };
}
