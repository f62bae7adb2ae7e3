/** Compose files -> Project. */
import path from "node:path";
import { assemble } from "../resolve/decode-project.js";
import type { Draft } from "../resolve/consistency.js";
import {
  absolutePath,
  discover,
  filesFromVariable,
  projectFolder,
  type Discovery,
} from "../source/discover-files.js";
import {
  addEnvFiles,
  defaultEnvFile,
  isTrue,
  ownVariable,
  processVariables,
  type Variables,
} from "../source/variables.js";
import { loadFiles } from "./load-files.js";
import { readDocuments } from "../merge/documents.js";
import { normalize } from "../resolve/normalize.js";
import { positionIn, Problems } from "../tree/problems.js";
import { projectName } from "../source/project-name.js";
import { withoutUnused } from "../resolve/unused-resources.js";
import { Reader, type Read } from "../source/reader.js";
import { rootAt, type Scope } from "../source/scope.js";
import {
  type Branch,
  isList,
  isMapping,
  type List,
  placeOf,
  type Mapping,
  type Place,
  valueAt,
} from "../tree/tree.js";
import { sections } from "../schema/project.js";
import type { Project } from "../types.js";

export interface LoadOptions {
  /** An absolute path. */
  cwd: string;
  /** The environment of the process. */
  env: NodeJS.ProcessEnv;
  /** -f, in order; "-" is standard input, http(s) URLs are fetched. Default: COMPOSE_FILE, then the standard names. */
  files?: string[];
  projectName?: string;
  projectDirectory?: string;
  envFiles?: string[];
  profiles?: string[];
  /** Addresses by host name. They are added to the file's hosts, and override their addresses. */
  hosts?: Record<string, string>;
  /** Addresses of hosts that the file may lack. */
  knownHosts?: Record<string, string>;
  /** Reads a file by its absolute path; default: the filesystem. Throws an error with code ENOENT if the file is missing. */
  read?: Read;
  /** The content of "-", if the caller has already read it; default: standard input is read. */
  standardInput?: string;
  /** Keep networks, volumes, configs and secrets that no active service uses. */
  allResources?: boolean;
  /** False: variables stay as written. */
  interpolate?: boolean;
  /** False: defaults (networks, names, implied dependencies) are not filled in. */
  normalize?: boolean;
  /** False: paths stay as written. */
  resolvePaths?: boolean;
  /** False: references and contradictions are not checked. */
  consistency?: boolean;
  /** False: env_file and label_file are not read. */
  resolveEnvironment?: boolean;
}

/** Throws K2Errors with all mistakes. */
export async function load(options: LoadOptions): Promise<Project> {
  const { name, files, tree, scope } = await loadTree(options);
  const assembly = await assemble(tree, scope, {
    profiles: activeProfiles(options, scope.variables),
    consistency: options.consistency !== false,
    environment: options.resolveEnvironment !== false,
    hosts: options.hosts ?? {},
    knownHosts: options.knownHosts ?? {},
  });
  return toProject(
    name,
    files,
    tree,
    options.allResources === true ? assembly : withoutUnused(assembly),
    scope,
  );
}

/** Returns the project's name, which does not depend on what the files contain otherwise. */
export async function loadName(options: LoadOptions): Promise<string> {
  const { scope, files } = await resolveSources(options);
  return nameOf(options, files, scope);
}

/** Returns the merged files before they are decoded into a Project, with variables as written. */
export async function loadModel(options: LoadOptions): Promise<Record<string, unknown>> {
  const { tree, scope } = await loadTree({ ...options, interpolate: false });
  scope.problems.check();
  return tree;
}

async function loadTree(
  options: LoadOptions,
): Promise<{ name: string; files: string[]; tree: Mapping; scope: Scope }> {
  const { scope, files } = await resolveSources(options);
  const name = await nameOf(options, files, scope);
  scope.variables.COMPOSE_PROJECT_NAME = name;
  const tree = await loadFiles(files, scope);
  if (Object.keys(tree).length === 0 && !scope.problems.any) {
    scope.problems.add("is empty", scope.reader.displayName(files[0] ?? ""));
    scope.problems.incomplete = true;
  }
  if (scope.problems.incomplete) scope.problems.check();
  if (options.normalize !== false) normalize(tree, name, scope.interpolates ? scope.variables : {});
  if (options.normalize !== false) tree.name = name;
  return { name, files, tree, scope };
}

/** Finds the files, the project folder and the variables. */
async function resolveSources(options: LoadOptions): Promise<{ scope: Scope; files: string[] }> {
  const problems = new Problems();
  const reader = new Reader(options.read, options.cwd, options.standardInput);
  const variables = processVariables(options.env);
  variables.PWD ??= options.cwd;
  const discovery: Discovery = { cwd: options.cwd, projectDirectory: options.projectDirectory };
  let files = (options.files ?? []).map((file) => absolutePath(file, options.cwd));
  const given = envFilesOf(options, variables);
  await addEnvFiles(
    variables,
    given ?? (await defaultEnvFile(projectFolder(files, discovery), variables, reader)),
    reader,
    problems,
  );
  problems.check();
  if (files.length === 0) files = filesFromVariable(variables, options.cwd);
  if (files.length === 0) files = await discover(discovery, reader, problems);
  const directory = projectFolder(files, discovery);
  // The project folder may differ from the folder whose .env was read first; variables from the first stay set.
  if (given === undefined)
    await addEnvFiles(variables, await defaultEnvFile(directory, variables, reader), reader, problems);
  problems.check();
  const home = ownVariable(variables, "HOME");
  const scope: Scope = {
    reader,
    problems,
    cwd: options.cwd,
    home,
    directory,
    variables,
    including: [],
    inclusions: { count: 0 },
    bases: new Map(),
    parsed: new Map(),
    interpolates: options.interpolate !== false,
    resolvesPaths: options.resolvePaths !== false,
    further: {},
    top: directory,
  };
  return { scope, files };
}

function envFilesOf(options: LoadOptions, variables: Variables): string[] | undefined {
  const listed = ownVariable(variables, "COMPOSE_ENV_FILES")
    ?.split(",")
    .filter((file) => file !== "");
  const given = options.envFiles !== undefined && options.envFiles.length > 0 ? options.envFiles : listed;
  return given === undefined || given.length === 0
    ? undefined
    : given.map((file) => path.resolve(options.cwd, file));
}

async function nameOf(options: LoadOptions, files: string[], scope: Scope): Promise<string> {
  const trees = [];
  for (const file of files) {
    const documents = await readDocuments(file, scope);
    trees.push(...documents.map(({ tree }) => ({ tree, at: rootAt(scope) })));
    scope.parsed.set(file, documents);
  }
  scope.problems.check();
  return projectName({
    option: options.projectName,
    variables: scope.variables,
    directory: scope.directory,
    trees,
  });
}

function activeProfiles(options: LoadOptions, variables: Variables): string[] {
  if (options.profiles !== undefined && options.profiles.length > 0) return options.profiles;
  return (ownVariable(variables, "COMPOSE_PROFILES") ?? "").split(",").map((profile) => profile.trim());
}

function toProject(name: string, files: string[], tree: Mapping, assembly: Draft, scope: Scope): Project {
  const { disabled, networks, volumes, configs, secrets, ...rest } = assembly;
  const isCompatible = isTrue(ownVariable(scope.variables, "COMPOSE_COMPATIBILITY"));
  return {
    name,
    directory: scope.directory,
    files,
    naming:
      sections.naming.decode(tree.naming, rootAt(scope).child(tree, "naming")) ??
      (isCompatible ? "compatibility" : "compose"),
    ...rest,
    disabled_services: disabled,
    networks,
    volumes,
    configs,
    secrets,
    extensions: Object.fromEntries(Object.entries(tree).filter(([key]) => key.startsWith("x-"))),
    environment: { ...scope.further, ...scope.variables },
    warnings: scope.problems.warnings,
    secret_names: sections["x-secret"].decode(tree["x-secret"], rootAt(scope).child(tree, "x-secret")) ?? [],
    variablesIn: variablesFinder(tree),
    positionOf: (wanted) => positionIn(placeAt(tree, wanted), "value"),
  };
}

function variablesFinder(tree: Mapping): Project["variablesIn"] {
  const indexes = new Map<List, Map<string, number>>();
  const indexIn = (list: List, key: string): number => {
    const known = indexes.get(list) ?? indexesOf(list);
    indexes.set(list, known);
    return known.get(key) ?? -1;
  };
  const find = (branch: unknown, [key, ...rest]: string[]): readonly string[] => {
    if (key === undefined || (!isMapping(branch) && !isList(branch))) return [];
    // A list of texts: "KEY=value".
    const own = isList(branch) ? indexIn(branch, key) : key;
    if (rest.length > 0) return find(valueAt(branch, own), rest);
    return placeOf(branch, own)?.variables ?? [];
  };
  return (path) => find(tree, path);
}

/** Returns the indexes of a list by their number and by the key of the entry; the first entry counts. */
function indexesOf(list: List): Map<string, number> {
  const found = new Map<string, number>();
  for (const [index, entry] of list.entries()) {
    const keys = [
      String(index),
      ...(typeof entry === "string" && entry.includes("=") ? [entry.split("=", 1)[0] ?? ""] : []),
    ];
    for (const key of keys) if (!found.has(key)) found.set(key, index);
  }
  return found;
}

/** Returns the place of a path, or of the nearest enclosing entry. Names may contain dots, so the longest match is taken. */
function placeAt(tree: Mapping, wanted: string): Place | undefined {
  let container: unknown = tree;
  let place: Place | undefined;
  let rest = wanted.replace(/\[(\d+)\]/g, ".$1").split(".");
  while (rest.length > 0 && (isMapping(container) || isList(container))) {
    const branch: Branch = container;
    const length =
      rest.findLastIndex((_, index) => Object.hasOwn(branch, rest.slice(0, index + 1).join("."))) + 1;
    if (length === 0) break;
    const key = rest.slice(0, length).join(".");
    place = placeOf(container, isList(container) ? Number(key) : key) ?? place;
    container = valueAt(branch, key);
    rest = rest.slice(length);
  }
  return place;
}
