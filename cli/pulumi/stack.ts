/** Finds the Pulumi stack of the compose project, and its files. */
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ownHome } from "./home.js";
import { type PulumiProject, selectedStack } from "./project.js";
import { backendUrl } from "./environment.js";
import { parseStackName, type StackName } from "./stack-name.js";

export interface Stack extends StackName {
  backend: string;
  /** The Pulumi project's name. */
  project: string;
  /** The folder of its Pulumi.yaml; undefined for generated projects. */
  folder?: string;
}

/** Configuration of generated projects. */
export const generatedPulumiProject = "k2-compose";

/** The stack of a Pulumi project: --stack, the selected one, or the only one. */
export function stackOf(
  project: PulumiProject,
  option: string | undefined,
  env: NodeJS.ProcessEnv,
): Stack | undefined {
  const backend = project.backend && !env.PULUMI_BACKEND_URL ? project.backend : backendUrl(env);
  const chosen = option ?? selectedStack(project, backend, env) ?? onlyStack(backend, project.name, env);
  if (chosen === undefined) return undefined;
  return { backend, project: project.name, ...parseStackName(chosen, backend), folder: project.folder };
}

/** The stack that `k2-compose up` uses without a Pulumi.yaml. */
export function generatedStack(name: string, env: NodeJS.ProcessEnv): Stack {
  const backend = backendUrl(env);
  return { backend, project: generatedPulumiProject, ...parseStackName(name, backend) };
}

function onlyStack(backend: string, project: string, env: NodeJS.ProcessEnv): string | undefined {
  const folder = stacksFolder(backend, project, env);
  if (folder === undefined || !existsSync(folder)) return undefined;
  const names = readdirSync(folder).flatMap((file) => /^(.*)\.json(\.gz|\.zst)?$/.exec(file)?.[1] ?? []);
  return names.length === 1 ? names[0] : undefined;
}

/** The folder of the stack's Pulumi.yaml. */
export function pulumiFolderOf(stack: Stack, env: NodeJS.ProcessEnv): string {
  return stack.folder ?? join(ownHome(env), "projects", stack.name);
}

/** Folder of the file backend with the states of a Pulumi project; undefined for other backends. */
export function stacksFolder(backend: string, project: string, env: NodeJS.ProcessEnv): string | undefined {
  const folder = stateFolder(backend, env);
  return folder === undefined ? undefined : join(folder, "stacks", project);
}

/** Root folder of the file backend; undefined for other backends. */
export function stateFolder(backend: string, env: NodeJS.ProcessEnv): string | undefined {
  if (!backend.startsWith("file://")) return undefined;
  const path = backend.startsWith("file://~")
    ? (env.HOME || homedir()) + backend.slice("file://~".length)
    : localPath(backend);
  return join(path, ".pulumi");
}

/** Pulumi also accepts relative paths: file://relative. */
function localPath(url: string): string {
  return url.startsWith("file:///") ? fileURLToPath(url.replace(/\?.*/s, "")) : url.slice("file://".length);
}
