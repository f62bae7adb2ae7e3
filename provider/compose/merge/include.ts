/** `include`: other compose files, each with its own folder and .env, whose elements are added to this file's. */
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { addEnvFiles, defaultEnvFile } from "../source/variables.js";
import { clearPaths, mergeMapping } from "./merge.js";
import { resolvePath } from "../resolve/paths.js";
import type { At } from "../tree/problems.js";
import { projectRows } from "../schema/project.js";
import { rootAt, type Scope } from "../source/scope.js";
import { copyEntry, emptyMapping, has, isList, isMapping, mappingOf, type Mapping } from "../tree/tree.js";

const sections = ["services", "volumes", "networks", "secrets", "configs", "models", "hosts"];

const maxInclusions = 1000;

/** Loads and merges the files of one `include` entry. It is a parameter, because loading a file applies its own includes. */
export type LoadFiles = (files: string[], scope: Scope, by: At) => Promise<Mapping>;

export async function applyIncludes(
  tree: Mapping,
  file: string,
  cleared: string[][],
  scope: Scope,
  loadFiles: LoadFiles,
): Promise<void> {
  if (tree.include === undefined || tree.include === null) return;
  const at = rootAt(scope).child(tree, "include");
  if (!isList(tree.include)) return; // validation reports it
  for (const [index, entry] of tree.include.entries()) {
    const place = at.child(tree.include, index);
    scope.inclusions.count += 1;
    if (scope.inclusions.count > maxInclusions) {
      place.fail(`more than ${maxInclusions} files are included, directly and by included files`);
      break;
    }
    const inclusion = read(entry, place, scope);
    if (inclusion === undefined) continue;
    const first = inclusion.files[0] ?? "";
    const including = [...scope.including, file];
    if (including.includes(first)) {
      const names = [...including.slice(including.indexOf(first)), first].map((name) =>
        scope.reader.displayName(name),
      );
      place.fail(`files include each other: ${names.join(" -> ")}`);
      continue;
    }
    const inner: Scope = {
      ...scope,
      directory: inclusion.directory,
      including,
      variables: { ...scope.variables },
      bases: new Map(),
    };
    await addEnvFiles(
      inner.variables,
      inclusion.envFiles ?? (await defaultEnvFile(inclusion.directory, {}, scope.reader)),
      scope.reader,
      scope.problems,
    );
    join(await loadFiles(inclusion.files, inner, place), tree, cleared, scope);
  }
  delete tree.include;
}

interface Inclusion {
  files: string[];
  directory: string;
  envFiles: string[] | undefined;
}

function read(entry: unknown, at: At, scope: Scope): Inclusion | undefined {
  const long = typeof entry === "string" ? mappingOf({ path: entry }, at.place) : entry;
  if (!isMapping(long)) return at.fail("must be a path, or a mapping with path");
  for (const key of Object.keys(long)) {
    if (!["path", "env_file", "project_directory"].includes(key))
      return at.child(long, key).failAtKey("no such attribute");
  }
  const files = texts(long, "path", at)?.map((file) => resolvePath(file, "path", scope));
  if (files === undefined || files.length === 0) return at.fail("needs a path");
  const folder = long.project_directory;
  if (folder !== undefined && typeof folder !== "string")
    return at.child(long, "project_directory").fail("must be text");
  const envFiles =
    long.env_file === undefined
      ? undefined
      : (texts(long, "env_file", at) ?? []).filter((file) => file !== "/dev/null");
  return {
    files,
    directory:
      folder === undefined || folder === ""
        ? path.dirname(files[0] ?? "")
        : resolvePath(folder, "path", scope),
    envFiles: envFiles?.map((file) => resolvePath(file, "path", scope)),
  };
}

function texts(mapping: Mapping, key: string, at: At): string[] | undefined {
  const value = mapping[key];
  const list = isList(value) ? value : [value];
  if (value !== undefined && list.every((entry) => typeof entry === "string")) return list;
  if (value !== undefined) at.child(mapping, key).fail("must be text or a list of texts");
  return undefined;
}

/** Adds the included elements. This file's own attributes override included ones. */
function join(imported: Mapping, tree: Mapping, cleared: string[][], scope: Scope): void {
  for (const section of sections) {
    const from = imported[section];
    if (!isMapping(from)) continue;
    const to = isMapping(tree[section]) ? tree[section] : emptyMapping();
    if (tree[section] === undefined) copyEntry(mappingOf({ [section]: to }), section, tree, section);
    for (const name of Object.keys(from)) joinOne(name, section, from, to, cleared, scope);
  }
  if (imported.s_extra_hosts === undefined) return;
  const merged = mergeMapping(
    mappingOf({ s_extra_hosts: imported.s_extra_hosts }),
    tree.s_extra_hosts === undefined ? {} : mappingOf({ s_extra_hosts: tree.s_extra_hosts }),
    { ...projectShape },
    rootAt(scope),
  );
  tree.s_extra_hosts = merged.s_extra_hosts;
}

const projectShape = { fields: projectRows, schema: {}, decode: () => undefined, omit: () => false };

function joinOne(
  name: string,
  section: string,
  from: Mapping,
  to: Mapping,
  cleared: string[][],
  scope: Scope,
): void {
  if (!has(to, name)) return copyEntry(from, name, to, name);
  // The same element was included twice: merging it with itself would duplicate its lists.
  if (isDeepStrictEqual(from[name], to[name])) return;
  clearPaths(mappingOf({ [section]: mappingOf({ [name]: from[name] }) }), cleared);
  const at = rootAt(scope).child({}, section);
  const merged = mergeMapping(keep(from, name), keep(to, name), projectRows[section], at);
  to[name] = merged[name];
}

function keep(mapping: Mapping, name: string): Mapping {
  const single = emptyMapping();
  copyEntry(mapping, name, single, name);
  return single;
}
