/** Context for commands that need only the state, so that they work even if compose files are invalid or missing. */
import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { normalizeName } from "../../provider/compose/source/project-name.js";
import { K2Error } from "../../provider/shared/errors.js";
import type { Context } from "./context.js";
import { ownHome } from "../pulumi/home.js";
import { generatedStack } from "../pulumi/stack.js";
import { documentOf } from "../pulumi/state-document.js";
import { configurationIn } from "../pulumi/stack-configuration.js";

/** Returns the context itself if the files can be read. Otherwise finds the stack without them, or throws the error. */
export async function withoutBrokenFiles(context: Context): Promise<Context> {
  const problem = await context.project().then(
    () => undefined,
    (error: unknown) => error,
  );
  if (problem === undefined) return context;
  if (!K2Error.is(problem)) throw problem;
  const { stack: named, projectName } = context.options;
  const isNamed = (named ?? projectName) !== undefined || (await context.pulumiProject()) !== undefined;
  const isGone = problem.code === "not-found" && !context.namesFiles;
  if (isGone && isNamed) return context;
  const stack = isNamed ? undefined : await stackOfFolder(context);
  if (!isNamed && stack === undefined) {
    // Commands report missing projects themselves.
    if (isGone) return context;
    throw problem;
  }
  const which = stack === undefined ? "" : ` of ${stack}`;
  context.out.warn(`using the state${which} only: ${problem.message}`);
  return context.withoutFiles(stack);
}

/** Finds the stack by the variable, by the folder of a generated Pulumi project, or by the folder's name. */
async function stackOfFolder(context: Context): Promise<string | undefined> {
  const { env, cwd } = context;
  const named = env.COMPOSE_PROJECT_NAME;
  const kept = await generatedProjectsFor(context);
  const candidates = named
    ? [named]
    : kept.length > 0
      ? kept
      : [normalizeName(basename(cwd))].filter(Boolean);
  const there: string[] = [];
  for (const name of candidates)
    if ((await documentOf(generatedStack(name, env), env)) !== undefined) there.push(name);
  if (there.length < 2) return there[0];
  throw new K2Error("usage", `several projects were deployed from this folder: ${there.join(", ")}`, {
    at: cwd,
    hint: "Select one with -p NAME.",
  });
}

async function generatedProjectsFor(context: Context): Promise<string[]> {
  const folder = join(ownHome(context.env), "projects");
  if (!existsSync(folder)) return [];
  const { cwd, files } = await context.loadOptions();
  const found: string[] = [];
  for (const stack of readdirSync(folder).sort()) {
    const { directory, files: own } = await configurationIn(join(folder, stack), stack);
    if (directory === cwd && isDeepStrictEqual(own, files)) found.push(stack);
  }
  return found;
}
