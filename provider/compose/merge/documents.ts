/** The documents of one compose file, read and interpolated, before they are merged. */
import { interpolate } from "../interpolate/interpolate.js";
import type { At } from "../tree/problems.js";
import { readFailure } from "../source/reader.js";
import { project } from "../schema/project.js";
import { lookupIn, rootAt, type Scope } from "../source/scope.js";
import { renameAliases } from "./x-aliases.js";
import { isMapping, type Mapping } from "../tree/tree.js";
import { parseYaml, type YamlDocument } from "../source/yaml.js";

export async function readDocuments(file: string, scope: Scope, by?: At): Promise<YamlDocument[]> {
  const name = scope.reader.displayName(file);
  const parsed = scope.parsed.get(file);
  if (parsed !== undefined) {
    // Loading changes the trees, so the next caller parses the file again.
    scope.parsed.delete(file);
    return parsed;
  }
  const text = await scope.reader
    .read(file)
    .catch((error: unknown) => reportUnreadable(error, name, scope, by));
  return text === undefined ? [] : parseYaml(text, name, scope.problems);
}

function reportUnreadable(error: unknown, name: string, scope: Scope, by: At | undefined): undefined {
  const { what, at } = readFailure(error, name);
  scope.problems.incomplete = true;
  if (by === undefined || typeof at !== "string") scope.problems.add(what, at);
  else by.fail(`${what}: ${name}`);
}

/** Returns the document's tree with x- aliases renamed and variables interpolated. */
export function prepareDocument(document: YamlDocument, file: string, scope: Scope): Mapping | undefined {
  const { tree, line, column } = document;
  if (!isMapping(tree)) {
    const place = { file: scope.reader.displayName(file), line, column };
    scope.problems.add("must be a mapping, with services at its top level", place);
    scope.problems.incomplete = true;
    return undefined;
  }
  const at = rootAt(scope);
  renameAliases(tree, at);
  interpolate(tree, project, lookupIn(scope), at);
  return tree;
}
