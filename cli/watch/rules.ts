/** `develop.watch` of the file: what is to happen when a path changes. Pure. */
import { relative, resolve } from "node:path";
import { minimatch } from "minimatch";
import type { Service } from "../../provider/compose/types.js";

export type Action = "sync" | "rebuild" | "restart" | "sync+restart" | "sync+exec";

export interface Rule {
  service: string;
  action: Action;
  /** Absolute. */
  path: string;
  /** In the container. */
  target?: string;
  ignore: string[];
  include: string[];
  exec?: { command: string[]; user?: string; working_dir?: string };
}

interface Written {
  action: Action;
  path: string;
  target?: string;
  ignore?: string[];
  include?: string[];
  exec?: Rule["exec"];
}

export function rulesOf(services: Record<string, Service>, directory: string): Rule[] {
  return Object.entries(services).flatMap(([service, { develop }]) =>
    ((develop?.watch ?? []) as Written[]).map((written): Rule => {
      const { action, path, target, ignore = [], include = [], exec } = written;
      return {
        service,
        action,
        path: resolve(directory, path),
        ignore,
        include,
        ...(target && { target }),
        ...(exec && { exec }),
      };
    }),
  );
}

/** The path below the rule's own; undefined for what the rule leaves alone. */
export function within({ path, ignore, include }: Rule, changed: string): string | undefined {
  const below = relative(path, changed);
  if (below.startsWith("..")) return undefined;
  const matches = (pattern: string) =>
    [pattern, `${pattern.replace(/\/$/, "")}/**`].some((one) =>
      minimatch(below, one, { dot: true, matchBase: !pattern.includes("/") }),
    );
  // Editors and git write beside what they write.
  if (/(^|\/)(\.git|\.hg)(\/|$)|~$|\.sw[px]$|(^|\/)\.#/.test(below) || ignore.some(matches)) return undefined;
  return include.length > 0 && below !== "" && !include.some(matches) ? undefined : below;
}
