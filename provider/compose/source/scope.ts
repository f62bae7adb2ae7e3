/** What one load, and one file inside it, know of their surroundings. */
import path from "node:path";
import { At, type Problems } from "../tree/problems.js";
import type { Reader } from "./reader.js";
import { own, type Variables } from "./variables.js";
import type { Lookup } from "../interpolate/substitute.js";
import type { Mapping } from "../tree/tree.js";
import type { YamlDocument } from "./yaml.js";

/** A file that others extend from, read once. */
export interface ExtendsBase {
  services: Mapping | undefined;
  cleared: string[][];
  /** It could not be read; that is said already. */
  missing: boolean;
}

export interface Scope {
  reader: Reader;
  problems: Problems;
  cwd: string;
  home: string | undefined;
  /** Relative paths are relative to this folder. */
  directory: string;
  variables: Variables;
  /** Files that include each other down to here. */
  including: string[];
  bases: Map<string, Promise<ExtendsBase>>;
  /** Files that were parsed for the project's name and not loaded yet. */
  parsed: Map<string, YamlDocument[]>;
  /** False: variables stay as they are written. */
  interpolates: boolean;
  /** False: paths stay relative. */
  resolvesPaths: boolean;
  /** The project's own folder, in included files too. */
  top: string;
  /** Variables that only an included file's surroundings know, for configs and secrets. */
  further: Variables;
}

export function lookupIn(scope: Scope): Lookup | undefined {
  return scope.interpolates ? (name) => own(scope.variables, name) : undefined;
}

export function rootAt(scope: Scope): At {
  return new At(scope.problems);
}

/** What paths in a file of `directory` are put together with. */
export function foldersOf({ resolvesPaths, top, home }: Scope, directory: string): Folders {
  return { directory: resolvesPaths ? directory : path.relative(top, directory), home };
}

export interface Folders {
  directory: string;
  /** For ~ . */
  home: string | undefined;
}
