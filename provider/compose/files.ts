/** Files -> one tree: each is read, filled in, extended, joined with what it includes, and laid over those before it. */
import { checkLong, fillDefaults, toLong, toLongWhereReadable } from "./canonical.js";
import { extendServices } from "./extend.js";
import { applyIncludes } from "./include.js";
import { interpolate } from "./interpolate.js";
import { mergeMapping, unify } from "./merge.js";
import { resolvePaths } from "./paths.js";
import { isMissing } from "./read.js";
import { clearPaths } from "./reset.js";
import type { At } from "./problems.js";
import { foldersOf, lookupIn, rootAt, type Scope } from "./scope.js";
import { project } from "./schema/project.js";
import { emptyMapping, isList, isMapping, type Mapping } from "./tree.js";
import { adoptTwins } from "./twins.js";
import { own } from "./environment.js";
import { validate } from "./validate.js";
import { parseYaml, type YamlDocument } from "./yaml.js";

/** `by`: who asks for the files, if a file does. */
export async function loadFiles(files: string[], scope: Scope, by?: At): Promise<Mapping> {
  const tree = emptyMapping();
  for (const file of files) {
    for (const document of await readDocuments(file, scope, by))
      await addDocument(tree, document, file, scope);
  }
  const at = rootAt(scope);
  fillDefaults(tree, project, at);
  if (scope.interpolates) checkLong(tree, project, at);
  if (scope.resolvesPaths || scope.directory !== scope.top) {
    resolvePaths(tree, project, at, foldersOf(scope, scope.directory));
  }
  inheritVariables(tree, scope);
  return tree;
}

export async function readDocuments(file: string, scope: Scope, by?: At): Promise<YamlDocument[]> {
  const name = scope.reader.displayName(file);
  const parsed = scope.parsed.get(file);
  if (parsed !== undefined) {
    // Loading changes the trees, so the next one who wants them parses anew.
    scope.parsed.delete(file);
    return parsed;
  }
  try {
    return parseYaml(await scope.reader.read(file), name, scope.problems);
  } catch (error) {
    const what = isMissing(error) ? "no such file" : (error as Error).message;
    if (by === undefined) scope.problems.add(what, name);
    else by.fail(`${what}: ${name}`);
    scope.problems.incomplete = true;
    return [];
  }
}

async function addDocument(tree: Mapping, document: YamlDocument, file: string, scope: Scope): Promise<void> {
  const written = prepare(document, file, scope);
  if (written === undefined) return;
  const at = rootAt(scope);
  await applyIncludes(written, file, document.cleared, scope);
  clearPaths(tree, document.cleared);
  await extendServices(written, file, document.cleared, scope);
  mergeMapping(tree, written, project, at);
  unify(tree, project, at);
  await validate(tree, at);
  delete tree.version;
  (scope.interpolates ? toLong : toLongWhereReadable)(tree, project, at);
  unify(tree, project, at);
}

/** The document's tree with twins renamed and variables filled in. */
export function prepare(document: YamlDocument, file: string, scope: Scope): Mapping | undefined {
  const { tree } = document;
  if (!isMapping(tree)) {
    const place = { file: scope.reader.displayName(file), line: 1, column: 1 };
    scope.problems.add("must be a mapping, with services and the like", place);
    scope.problems.incomplete = true;
    return undefined;
  }
  const at = rootAt(scope);
  adoptTwins(tree, at);
  interpolate(tree, project, lookupIn(scope), at);
  return tree;
}

/** `- KEY` in a list takes the value that the file's own surroundings have. */
function inheritVariables(tree: Mapping, scope: Scope): void {
  if (!scope.interpolates || !isMapping(tree.services)) return;
  for (const service of Object.values(tree.services)) {
    if (!isMapping(service) || !isList(service.environment)) continue;
    const { environment } = service;
    for (const [index, entry] of environment.entries()) {
      const value =
        typeof entry === "string" && !entry.includes("=") ? own(scope.variables, entry) : undefined;
      if (value !== undefined) environment[index] = `${String(entry)}=${value}`;
    }
  }
  rememberSources(tree, scope);
}

function rememberSources(tree: Mapping, scope: Scope): void {
  for (const section of [tree.configs, tree.secrets]) {
    if (!isMapping(section)) continue;
    for (const object of Object.values(section)) {
      const name = isMapping(object) ? object.environment : undefined;
      const value = typeof name === "string" ? own(scope.variables, name) : undefined;
      if (typeof name === "string" && value !== undefined) scope.further[name] = value;
    }
  }
}
