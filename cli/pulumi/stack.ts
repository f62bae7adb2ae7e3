/** Which Pulumi stack the compose project lives in, and where its files are. */
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
  /** Where its Pulumi.yaml is; absent for projects that `k2-compose up` keeps itself. */
  folder?: string;
}

/** Of projects that have no Pulumi.yaml of their own. */
export const ownPulumiProject = "k2-compose";

/** The stack of a Pulumi project: --stack, the selected one, or the only one there is. */
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

/** The stack that `k2-compose up` uses where there is no Pulumi.yaml. */
export function ownStack(name: string, env: NodeJS.ProcessEnv): Stack {
  const backend = backendUrl(env);
  return { backend, project: ownPulumiProject, ...parseStackName(name, backend) };
}

function onlyStack(backend: string, project: string, env: NodeJS.ProcessEnv): string | undefined {
  const folder = stacksFolder(backend, project, env);
  if (folder === undefined || !existsSync(folder)) return undefined;
  const names = readdirSync(folder).flatMap((file) => /^(.*)\.json(\.gz|\.zst)?$/.exec(file)?.[1] ?? []);
  return names.length === 1 ? names[0] : undefined;
}

/** Where the stack's Pulumi.yaml is. */
export function folderOf(stack: Stack, env: NodeJS.ProcessEnv): string {
  return stack.folder ?? join(ownHome(env), "projects", stack.name);
}

/** Where the file backend keeps the states of a Pulumi project; undefined for other backends. */
export function stacksFolder(backend: string, project: string, env: NodeJS.ProcessEnv): string | undefined {
  const folder = stateFolder(backend, env);
  return folder === undefined ? undefined : join(folder, "stacks", project);
}

/** Where the file backend keeps all it has; undefined for other backends. */
export function stateFolder(backend: string, env: NodeJS.ProcessEnv): string | undefined {
  if (!backend.startsWith("file://")) return undefined;
  const path = backend.startsWith("file://~")
    ? (env.HOME || homedir()) + backend.slice("file://~".length)
    : localPath(backend);
  return join(path, ".pulumi");
}

/** Pulumi takes file://relative too. */
function localPath(url: string): string {
  return url.startsWith("file:///") ? fileURLToPath(url.split("?")[0]!) : url.slice("file://".length);
}
