/** Files -> one tree: each file is read, interpolated, extended, joined with its includes, and merged over earlier ones. */
import { checkLong, fillDefaults, toLong, toLongWhereReadable } from "../schema/walk.js";
import { extendServices } from "../merge/extends.js";
import { applyIncludes } from "../merge/include.js";
import { clearPaths, mergeMapping, unify } from "../merge/merge.js";
import { resolvePaths } from "../resolve/paths.js";
import type { At } from "../tree/problems.js";
import { foldersOf, rootAt, type Scope } from "../source/scope.js";
import { project } from "../schema/project.js";
import { emptyMapping, isList, isMapping, type Mapping } from "../tree/tree.js";
import { ownVariable } from "../source/variables.js";
import { validate } from "../validate/validate.js";
import type { YamlDocument } from "../source/yaml.js";
import { prepareDocument, readDocuments } from "../merge/documents.js";

/** `by`: the position of the `include` that names the files, if any. */
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

async function addDocument(tree: Mapping, document: YamlDocument, file: string, scope: Scope): Promise<void> {
  const written = prepareDocument(document, file, scope);
  if (written === undefined) return;
  const at = rootAt(scope);
  await applyIncludes(written, file, document.cleared, scope, loadFiles);
  clearPaths(tree, document.cleared);
  await extendServices(written, file, document.cleared, scope);
  mergeMapping(tree, written, project, at);
  unify(tree, project, at);
  await validate(tree, at, scope.interpolates);
  delete tree.version;
  (scope.interpolates ? toLong : toLongWhereReadable)(tree, project, at);
  unify(tree, project, at);
}

/** `- KEY` in a list takes its value from the variables of the file's own scope. */
function inheritVariables(tree: Mapping, scope: Scope): void {
  if (!scope.interpolates || !isMapping(tree.services)) return;
  for (const service of Object.values(tree.services)) {
    if (!isMapping(service) || !isList(service.environment)) continue;
    const { environment } = service;
    for (const [index, entry] of environment.entries()) {
      const value =
        typeof entry === "string" && !entry.includes("=") ? ownVariable(scope.variables, entry) : undefined;
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
      const value = typeof name === "string" ? ownVariable(scope.variables, name) : undefined;
      if (typeof name === "string" && value !== undefined) scope.further[name] = value;
    }
  }
}
