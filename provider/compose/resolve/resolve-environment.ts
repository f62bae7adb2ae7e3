/** Reads env_file and label_file, and adds their variables to `environment` and `labels`. */
import { resolve } from "node:path";
import type { At } from "../tree/problems.js";
import { ownVariable, parseInto, readText, type Variables } from "../source/variables.js";
import { sortedByKey } from "../schema/values.js";
import type { Scope } from "../source/scope.js";
import { isList, type Mapping } from "../tree/tree.js";
import type { Service } from "../types.js";

interface EnvFile {
  /** Absent if the path is empty. */
  path?: string;
  required?: boolean;
  format?: string;
}

/** `written` is the service in the tree, for the places of messages. */
export async function resolveEnvironment(
  service: Service,
  envFiles: EnvFile[],
  written: Mapping,
  at: At,
  scope: Scope,
): Promise<void> {
  const environment = inherited(service.environment, scope.variables);
  const found = new Map(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== null),
  );
  const outer = (name: string): string | undefined =>
    ownVariable(scope.variables, name) ??
    (Object.hasOwn(environment, name) ? (environment[name] ?? undefined) : undefined);
  for (const [index, file] of envFiles.entries()) {
    const list = at.child(written, "env_file");
    const place = isList(written.env_file) ? list.child(written.env_file, index) : list;
    await addFile(file, found, outer, place, scope);
    place.count(found.size);
  }
  const merged = { ...Object.fromEntries(found), ...environment };
  if (Object.keys(merged).length > 0) service.environment = sortedByKey(merged);
}

/** A key without a value takes the value of the variable. */
function inherited(environment: Service["environment"], variables: Variables): Record<string, string | null> {
  return Object.fromEntries(
    Object.entries(environment ?? {}).map(([name, value]) => [
      name,
      value ?? ownVariable(variables, name) ?? null,
    ]),
  );
}

async function addFile(
  file: EnvFile,
  into: Map<string, string>,
  outer: (name: string) => string | undefined,
  at: At,
  scope: Scope,
): Promise<void> {
  const { required = true, format = "" } = file;
  if (file.path === undefined)
    return required ? at.fail("is an empty path; set a path, or required: false") : undefined;
  const path = resolve(scope.top, file.path);
  if (!(await scope.reader.exists(path)))
    return required
      ? at.fail(`no such file: ${path}; set required: false if the file is optional`)
      : undefined;
  const text = await readText(path, scope.reader, scope.problems);
  if (text === undefined) return;
  const name = scope.reader.displayName(path);
  if (format === "raw") addRaw(text, into, outer, at);
  else if (format === "" || format === ".env") parseInto(text, name, into, outer, scope.problems);
  else at.fail(`unknown format "${format}" (raw, or none)`);
}

/** Reads KEY=value up to the end of the line, unquoted; a KEY alone takes the value of the variable. */
function addRaw(
  text: string,
  into: Map<string, string>,
  outer: (name: string) => string | undefined,
  at: At,
): void {
  for (const raw of text.replace(/^\uFEFF/, "").split(/\r?\n/)) {
    const line = raw.trimStart();
    if (line === "" || line.startsWith("#")) continue;
    const cut = line.indexOf("=");
    const name = cut < 0 ? line : line.slice(0, cut);
    if (name === "" || /\s/.test(name)) return at.fail(`"${line}" is not KEY=value`);
    const value = cut < 0 ? outer(name) : line.slice(cut + 1);
    if (value !== undefined) into.set(name, value);
  }
}

export async function resolveLabels(service: Service, written: Mapping, at: At, scope: Scope): Promise<void> {
  const files = service.label_file ?? [];
  const found = new Map<string, string>();
  for (const [index, name] of files.entries()) {
    const file = resolve(scope.top, name);
    const list = at.child(written, "label_file");
    const place = isList(written.label_file) ? list.child(written.label_file, index) : list;
    if (!(await scope.reader.exists(file))) {
      place.fail(`no such file: ${file}`);
      continue;
    }
    // A file can use the labels of the previous files, but not those of its own lines that are set there too.
    const before = new Map(found);
    const text = await readText(file, scope.reader, scope.problems);
    if (text === undefined) continue;
    parseInto(text, scope.reader.displayName(file), found, (name) => before.get(name), scope.problems);
    place.count(found.size);
  }
  if (found.size > 0) service.labels = sortedByKey({ ...Object.fromEntries(found), ...service.labels });
}
