/** For commands that need the state alone: compose files that are broken or gone are no reason to stop. */
import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { normalizeName } from "../../provider/compose/source/project-name.js";
import { K2Error } from "../../provider/shared/errors.js";
import type { Context } from "./context.js";
import { ownHome } from "../pulumi/home.js";
import { ownStack } from "../pulumi/stack.js";
import { documentOf } from "../pulumi/state-document.js";
import { configurationIn } from "../pulumi/stack-configuration.js";

/** The context itself where the files can be read; else which stack is meant is found without them, or the error thrown. */
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
  const stack = isNamed ? undefined : await stackHere(context);
  if (!isNamed && stack === undefined) {
    // The command has its own words for where nothing is known.
    if (isGone) return context;
    throw problem;
  }
  const which = stack === undefined ? "" : ` of ${stack}`;
  context.out.warn(`going by the state${which} alone: ${problem.message}`);
  return context.withoutFiles(stack);
}

/** By the variable, by the folder that a kept Pulumi project is for, or by the folder's name. */
async function stackHere(context: Context): Promise<string | undefined> {
  const { env, cwd } = context;
  const named = env.COMPOSE_PROJECT_NAME;
  const kept = await keptFor(context);
  const candidates = named ? [named] : kept.length > 0 ? kept : [normalizeName(basename(cwd))];
  const there: string[] = [];
  for (const name of candidates)
    if ((await documentOf(ownStack(name, env), env)) !== undefined) there.push(name);
  if (there.length < 2) return there[0];
  throw new K2Error("usage", `several projects were deployed from here: ${there.join(", ")}`, {
    at: cwd,
    hint: "Say which: -p NAME.",
  });
}

async function keptFor(context: Context): Promise<string[]> {
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
