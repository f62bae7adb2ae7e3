/**
 * Validates a merged tree against the table. ajv checks attribute by attribute; a schema is compiled when it is first
 * needed. Invalid values are reported and removed, so that the rest can be checked too.
 */
import type { Ajv, DefinedError, ValidateFunction } from "ajv";
import { walk } from "../schema/walk.js";
import { explain, relevant } from "./explain.js";
import { fits } from "./fast-check.js";
import type { At } from "../tree/problems.js";
import { project, projectRows } from "../schema/project.js";
import type { Shape } from "../schema/shape.js";
import { serviceRows } from "../schema/service.js";
import { didYouMean } from "../values/did-you-mean.js";
import { emptyMapping, has, isList, isMapping, type Mapping } from "../tree/tree.js";

type Check = (container: Mapping, key: string, shape: Shape, at: At) => void;

const compiled = new WeakMap<Shape, ValidateFunction>();
let ajv: Ajv | undefined;

/** `interpolated`: variables have their values. Otherwise text with a variable is accepted wherever a value is. */
export async function validate(tree: Mapping, at: At, interpolated: boolean): Promise<void> {
  const check = (container: Mapping, key: string, shape: Shape, place: At): void =>
    validateEntry(container, key, shape, place, interpolated);
  if (ajv === undefined && !conformsToTable(tree)) ajv = await loadAjv();
  const child = (key: string): At => at.child(tree, key);
  for (const key of Object.keys(tree)) {
    if (key.startsWith("x-")) continue;
    const row = projectRows[key];
    if (!has(projectRows, key) || row === undefined) {
      reportUnknown(key, projectRows, child(key));
      delete tree[key];
    } else if (row.entry?.fields !== undefined && row.schema.type === "object")
      entries(tree, key, row, child(key), check);
    else check(tree, key, row, child(key));
  }
  walk(tree, project, at, (value, shape, place) => {
    if (shape.refused !== undefined) place.failAtKey(`not supported: ${shape.refused}`, "unsupported");
    else if (shape.caveat !== undefined) place.warn(shape.caveat);
    return value;
  });
}

/** Whether every attribute passes the fast check. */
function conformsToTable(tree: Mapping): boolean {
  return Object.keys(tree).every((key) => {
    const row = has(projectRows, key) ? projectRows[key] : undefined;
    if (row === undefined) return key.startsWith("x-");
    return fits(row.schema, tree[key]);
  });
}

async function loadAjv(): Promise<Ajv> {
  return (await import("./ajv.js")).newAjv();
}

/** Validates services, networks and the like one by one, so that only the schemas that a file uses are compiled. */
function entries(tree: Mapping, section: string, row: Shape, at: At, check: Check): void {
  const value = tree[section];
  if (!isMapping(value)) {
    at.fail(`must be a mapping of names${value === null ? ", not empty" : ""}`);
    at.problems.incomplete = true;
    delete tree[section];
    return;
  }
  const names = row.schema.propertyNames;
  for (const name of Object.keys(value)) {
    const place = at.child(value, name);
    if (names?.pattern !== undefined && !new RegExp(names.pattern).test(name)) {
      if (name.startsWith("x-")) continue;
      place.failAtKey("a name may contain only letters, digits, dot, dash and underscore");
      delete value[name];
    } else if (row === projectRows.services) service(value, name, place, check);
    else if (row.entry !== undefined) check(value, name, row.entry, place);
  }
}

function service(services: Mapping, name: string, at: At, check: Check): void {
  const value = services[name];
  if (!isMapping(value)) {
    at.fail("must be a mapping");
    services[name] = emptyMapping();
    return;
  }
  for (const key of Object.keys(value)) {
    const row = serviceRows[key];
    if (has(serviceRows, key) && row !== undefined) check(value, key, row, at.child(value, key));
    else if (!key.startsWith("x-")) {
      reportUnknown(key, serviceRows, at.child(value, key));
      delete value[key];
    }
  }
}

function reportUnknown(key: string, rows: Record<string, Shape>, at: At): void {
  at.failAtKey(`no such attribute${didYouMean(key, Object.keys(rows))}`);
}

function validateEntry(container: Mapping, key: string, shape: Shape, at: At, interpolated: boolean): void {
  const value = container[key];
  if (ajv === undefined || fits(shape.schema, value)) return;
  let check = compiled.get(shape);
  if (check === undefined) compiled.set(shape, (check = ajv.compile(shape.schema)));
  if (check(plainNumbers(value)) || isEmptied(value, at)) return;
  // The table uses only the keywords that ajv defines.
  const errors = relevant(check.errors as DefinedError[]).filter(
    ({ data }) => interpolated || typeof data !== "string" || !data.includes("$"),
  );
  if (errors.length === 0) return;
  explain(errors, value, at);
  if (shape.fields !== undefined && shape.schema.type !== "object") container[key] = emptyMapping();
  else delete container[key];
}

/** Whether an earlier file's validation has already reported the value, and emptied it. */
function isEmptied(value: unknown, at: At): boolean {
  return isMapping(value) && Object.keys(value).length === 0 && at.problems.failedWithin(at.path);
}

/** ajv does not support bigint. */
function plainNumbers(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (isList(value) && value.some(holdsBigint)) return value.map(plainNumbers);
  if (isMapping(value) && holdsBigint(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plainNumbers(entry)]));
  }
  return value;
}

function holdsBigint(value: unknown): boolean {
  if (typeof value === "bigint") return true;
  return typeof value === "object" && value !== null && Object.values(value).some(holdsBigint);
}
