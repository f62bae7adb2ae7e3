/** `extends`: a service inherits the attributes of another one, in the same file or in another. */
import path from "node:path";
import { toLong, toLongWhereReadable } from "../schema/walk.js";
import { prepareDocument, readDocuments } from "./documents.js";
import { clearPaths, mergeMapping, unify } from "./merge.js";
import { resolvePath, resolvePaths } from "../resolve/paths.js";
import type { At } from "../tree/problems.js";
import { project } from "../schema/project.js";
import { service as serviceShape } from "../schema/service.js";
import { foldersOf, rootAt, type ExtendsBase, type Scope } from "../source/scope.js";
import { didYouMean } from "../values/did-you-mean.js";
import { clone, emptyMapping, has, isList, isMapping, mappingOf, type Mapping } from "../tree/tree.js";
import { addTo } from "../../shared/grouped.js";

/** The services of one file, while they are being extended. */
interface Family {
  services: Mapping;
  file: string;
  /** Paths of `!reset` and `!override`, by service. */
  cleared: Map<string, string[][]>;
  at: At;
}

export async function extendServices(
  tree: Mapping,
  file: string,
  cleared: string[][],
  scope: Scope,
): Promise<void> {
  if (!isMapping(tree.services)) return;
  const family: Family = {
    services: tree.services,
    file,
    cleared: byService(cleared),
    at: rootAt(scope).child(tree, "services"),
  };
  for (const name of Object.keys(tree.services)) await extend(name, family, scope, []);
}

function byService(cleared: string[][]): Map<string, string[][]> {
  const paths = new Map<string, string[][]>();
  for (const path of cleared) {
    const [section, name] = path;
    if (section === "services" && name !== undefined) addTo(paths, name, path);
  }
  return paths;
}

const maxChain = 1000;

async function extend(name: string, family: Family, scope: Scope, chain: string[]): Promise<unknown> {
  const service = family.services[name];
  if (!isMapping(service) || service.extends === undefined) return service;
  const at = family.at.child(family.services, name).child(service, "extends");
  const link = `${name} in ${scope.reader.displayName(family.file)}`;
  if (chain.includes(link))
    return at.fail(`services extend each other: ${[...chain.slice(chain.indexOf(link)), link].join(" -> ")}`);
  if (chain.length === maxChain)
    return at.fail(`more than ${maxChain} services extend each other in a chain`);
  const reference = referenceOf(service.extends);
  if (reference === undefined) return service;
  const base = await baseService(reference, family, scope, [...chain, link], at);
  if (!isMapping(base)) return withoutExtends(service);
  at.count(valuesIn(base));
  const source = clone(base);
  clearPaths(mappingOf({ services: mappingOf({ [name]: source }) }), family.cleared.get(name) ?? []);
  const merged = mergeMapping(source, service, serviceShape, family.at.child(family.services, name));
  family.services[name] = withoutExtends(merged);
  return merged;
}

function valuesIn(value: unknown): number {
  if (!isMapping(value) && !isList(value)) return 1;
  return Object.values(value).reduce((total: number, entry) => total + valuesIn(entry), 1);
}

function withoutExtends(service: Mapping): Mapping {
  delete service.extends;
  return service;
}

interface Reference {
  service: string;
  file?: string;
}

/** Returns undefined for an invalid reference, which validation reports. */
function referenceOf(written: unknown): Reference | undefined {
  if (typeof written === "string") return { service: written };
  if (!isMapping(written) || typeof written.service !== "string") return undefined;
  if (written.file === undefined || written.file === null) return { service: written.service };
  return typeof written.file === "string" ? { service: written.service, file: written.file } : undefined;
}

async function baseService(
  reference: Reference,
  family: Family,
  scope: Scope,
  chain: string[],
  at: At,
): Promise<unknown> {
  const { service, file: written } = reference;
  if (written === undefined) {
    if (has(family.services, service)) return extend(service, family, scope, chain);
    return at.fail(
      `no service "${service}" in this file${didYouMean(service, Object.keys(family.services))}`,
    );
  }
  const file = resolvePath(written, "path", scope);
  const other = await readBase(file, scope, at);
  const name = scope.reader.displayName(file);
  if (other.missing) return undefined;
  if (other.services === undefined) return at.fail(`${name} has no services`);
  if (!has(other.services, service))
    return at.fail(`no service "${service}" in ${name}${didYouMean(service, Object.keys(other.services))}`);
  const { services, cleared } = other;
  const servicesAt = rootAt(scope).child(mappingOf({ services }), "services");
  return extend(service, { services, file, cleared, at: servicesAt }, scope, chain);
}

async function readBase(file: string, scope: Scope, by: At): Promise<ExtendsBase> {
  let base = scope.bases.get(file);
  if (base === undefined) scope.bases.set(file, (base = loadBase(file, scope, by)));
  return base;
}

/** Loads the file itself: its own `extends` are resolved service by service, its `include` is ignored. */
async function loadBase(file: string, scope: Scope, by: At): Promise<ExtendsBase> {
  const at = rootAt(scope);
  const tree = emptyMapping();
  const cleared: string[][] = [];
  const documents = await readDocuments(file, scope, by);
  for (const document of documents) {
    const written = prepareDocument(document, file, scope);
    if (written === undefined) continue;
    cleared.push(...document.cleared);
    mergeMapping(tree, written, project, at);
    unify(tree, project, at);
    (scope.interpolates ? toLong : toLongWhereReadable)(tree, project, at);
    unify(tree, project, at);
  }
  resolvePaths(tree, project, at, foldersOf(scope, path.dirname(file)));
  return {
    services: isMapping(tree.services) ? tree.services : undefined,
    cleared: byService(cleared),
    missing: documents.length === 0,
  };
}
