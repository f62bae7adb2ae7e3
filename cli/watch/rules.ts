/** Rules of `develop.watch`: what to do when a path changes. */
import { statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { minimatch } from "minimatch";
import type { Service } from "../../provider/compose/types.js";
import { readIgnoreFile } from "../../provider/engine/builder/build-context.js";
import { listFolder } from "../../provider/engine/files/list-folder.js";
import { K2Error } from "../../provider/shared/errors.js";

type Action = Written["action"];

type Written = NonNullable<NonNullable<Service["develop"]>["watch"]>[number];

export interface Rule {
  service: string;
  action: Action;
  /** Absolute path. */
  path: string;
  /** Path in the container. */
  target?: string;
  ignore: string[];
  include: string[];
  exec?: Written["exec"];
  /** Whether existing files are copied at the start. */
  initialSync: boolean;
  /** A bind mount of the service contains the path, so nothing is copied. */
  mounted: boolean;
  /** Whether .dockerignore of the service's build excludes an absolute path. */
  ignores?(path: string): boolean;
}

export function rulesOf(services: Record<string, Service>, directory: string): Rule[] {
  return Object.entries(services).flatMap(([service, { develop, volumes = [] }]) =>
    (develop?.watch ?? []).map((written): Rule => {
      const { action, path, target, ignore = [], include = [], exec } = written;
      const absolute = resolve(directory, path);
      const isMounted = volumes.some(
        ({ type, source }) => type === "bind" && source !== undefined && isWithin(source, absolute),
      );
      return {
        service,
        action,
        path: absolute,
        ignore,
        include,
        initialSync: written.initial_sync === true && action.startsWith("sync"),
        mounted: isMounted && (action === "sync" || action === "sync+restart"),
        ...(target && { target }),
        ...(exec && { exec }),
      };
    }),
  );
}

function isWithin(folder: string, path: string): boolean {
  return !relative(folder, path).startsWith("..");
}

/** Refuses what docker compose refuses. */
export function assertComplete({ action, exec, service }: Rule, { build }: Service): void {
  const refuse = (why: string) => {
    throw new K2Error("invalid-file", `develop.watch of ${service}: ${action} needs ${why}`);
  };
  if (action === "rebuild" && !build) refuse("a build section");
  if (action === "sync+exec" && !exec?.command?.length) refuse("an exec with a command");
}

/** Includes the .dockerignore of each service's build. */
export async function ignoredByBuilds(rules: Rule[], services: Record<string, Service>): Promise<Rule[]> {
  return Promise.all(
    rules.map(async (rule): Promise<Rule> => {
      const { context, dockerfile } = services[rule.service]?.build ?? {};
      if (context === undefined || !context.startsWith("/")) return rule;
      const file = await readIgnoreFile(context, dockerfile);
      const below = (path: string) => relative(context, path);
      const isInside = (path: string) => path !== context && isWithin(context, path);
      return { ...rule, ignores: (path) => isInside(path) && file.ignores(below(path)) };
    }),
  );
}

/** The path relative to the rule's own; undefined for an ignored path. */
export function within({ path, ignore, include, ignores }: Rule, changed: string): string | undefined {
  const below = relative(path, changed);
  if (below.startsWith("..")) return undefined;
  const matches = (pattern: string) =>
    [pattern, `${pattern.replace(/\/$/, "")}/**`].some((one) =>
      minimatch(below, one, { dot: true, matchBase: !pattern.includes("/") }),
    );
  // Editors and git create temporary files.
  if (/(^|\/)(\.git|\.hg)(\/|$)|~$|\.sw[px]$|(^|\/)\.#/.test(below) || ignore.some(matches)) return undefined;
  if (ignores?.(join(path, below))) return undefined;
  return include.length > 0 && below !== "" && !include.some(matches) ? undefined : below;
}

/** All files that a rule would sync, as paths relative to its own. */
export async function filesOf(rule: Rule): Promise<string[]> {
  if (!statSync(rule.path).isDirectory()) return [""];
  const entries = await listFolder(rule.path);
  return entries
    .filter(({ kind }) => kind !== "folder")
    .flatMap(({ path }) => within(rule, join(rule.path, path)) ?? []);
}
