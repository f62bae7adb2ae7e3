/** The context of one load, and of one file in it. */
import path from "node:path";
import { At, type Problems } from "../tree/problems.js";
import type { Reader } from "./reader.js";
import { ownVariable, type Variables } from "./variables.js";
import type { Lookup } from "../interpolate/substitute.js";
import type { Mapping } from "../tree/tree.js";
import type { YamlDocument } from "./yaml.js";

/** A file that is the base of `extends`, read once. */
export interface ExtendsBase {
  services: Mapping | undefined;
  /** Paths of `!reset` and `!override`, by service. */
  cleared: Map<string, string[][]>;
  /** The file could not be read, which is already reported. */
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
  /** The chain of files whose `include` led to this file. */
  including: string[];
  /** How many files the whole load has included. */
  inclusions: { count: number };
  bases: Map<string, Promise<ExtendsBase>>;
  /** Files that were parsed to find the project name, and are not loaded yet. */
  parsed: Map<string, YamlDocument[]>;
  /** False: variables stay as written. */
  interpolates: boolean;
  /** False: paths stay relative. */
  resolvesPaths: boolean;
  /** The folder of the project, also in included files. */
  top: string;
  /** Variables that are set only in the scope of an included file, for configs and secrets. */
  further: Variables;
}

export function lookupIn(scope: Scope): Lookup | undefined {
  return scope.interpolates ? (name) => ownVariable(scope.variables, name) : undefined;
}

export function rootAt(scope: Scope): At {
  return new At(scope.problems);
}

/** Returns the folders against which paths in a file of `directory` are resolved. */
export function foldersOf({ resolvesPaths, top, home }: Scope, directory: string): Folders {
  return { directory: resolvesPaths ? directory : path.relative(top, directory), home };
}

export interface Folders {
  directory: string;
  /** Replaces ~ . */
  home: string | undefined;
}
