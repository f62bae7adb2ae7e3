/** Merges one tree over another by the rules of the table, and removes duplicate entries of lists. */
import { isDeepStrictEqual } from "node:util";
import { entryText } from "../values/go-format.js";
import type { At } from "../tree/problems.js";
import type { Merge, Shape } from "../schema/shape.js";
import {
  clone,
  copyEntry,
  emptyMapping,
  has,
  isList,
  isMapping,
  mappingOf,
  placeOf,
  setPlace,
  type List,
  type Mapping,
} from "../tree/tree.js";

/** Merges the entries of `over` into `base`, in place. */
export function mergeMapping(base: Mapping, over: Mapping, shape: Shape | undefined, at: At): Mapping {
  for (const key of Object.keys(over)) {
    const inner = shape?.fields?.[key] ?? shape?.entry;
    const child = at.child(over, key);
    if (!has(base, key)) {
      copyEntry(over, key, base, key);
      continue;
    }
    const before = base[key];
    const merged = mergeValue(before, over[key], inner, child);
    base[key] = merged;
    // An unchanged value keeps the place where it was written.
    if (over[key] !== null && merged !== before) setPlace(base, key, placeOf(over, key));
  }
  return base;
}

function mergeValue(base: unknown, over: unknown, shape: Shape | undefined, at: At): unknown {
  if (shape?.merge !== undefined) return rules[shape.merge](base, over, shape, at);
  return mergeByKind(base, over, shape, at);
}

function mergeByKind(base: unknown, over: unknown, shape: Shape | undefined, at: At): unknown {
  if (over === null) return base;
  if (isMapping(base) && isMapping(over)) return mergeMapping(base, over, shape, at);
  if (isList(base) && isList(over)) return append(base, over);
  if (typeof base !== "object" || base === null) return over;
  const kind = isList(base) ? "a list" : "a mapping";
  at.fail(`must be ${kind} as in the previous file; use !override to replace it with another type`);
  return base;
}

/** Appends entries that the list does not contain yet: merging a file twice changes nothing. */
function append(base: List, over: List): List {
  const result = base;
  for (const [index, entry] of over.entries()) {
    if (result.some((other) => isDeepStrictEqual(other, entry))) continue;
    result.push(entry);
    setPlace(result, result.length - 1, placeOf(over, index));
  }
  return result;
}

type Rule = (base: unknown, over: unknown, shape: Shape, at: At) => unknown;

const rules: Record<Merge, Rule> = {
  replace: (_base, over) => over,
  sequence: (base, over) => append(sequence(base), sequence(over)),
  ulimit: (base, over, shape, at) =>
    isMapping(base) && isMapping(over) ? mergeMapping(base, over, shape, at) : over,
  build: (base, over, shape, at) => mergeByKind(longBuild(base), longBuild(over), shape, at),
  dependencies: (base, over, shape, at) =>
    mergeNames(base, over, shape, at, { condition: "service_started", required: true }),
  names: (base, over, shape, at) => mergeNames(base, over, shape, at),
  logging: mergeLogging,
  ipam: mergePools,
  hosts: (base, over, shape, at) => mergeByKind(longHosts(base), longHosts(over), shape, at),
  probe: mergeProbe,
  // `true` sets nothing that a mapping does not.
  switch: (base, over, shape, at) =>
    isMapping(base) && (isMapping(over) || over === true)
      ? mergeMapping(base, isMapping(over) ? over : emptyMapping(), shape, at)
      : over,
};

/** Converts KEY: value to a sorted list of KEY=value, and a string to a list with one entry. */
function sequence(value: unknown): List {
  if (isList(value)) return value;
  if (typeof value === "string") return [value];
  if (!isMapping(value)) return [];
  const pairs: { text: string; key: string }[] = [];
  for (const key of Object.keys(value)) {
    const entry = value[key];
    if (entry === null) pairs.push({ text: key, key });
    else if (isList(entry))
      pairs.push(...entry.map((_, index) => ({ text: `${key}=${entryText(entry, index)}`, key })));
    else pairs.push({ text: `${key}=${entryText(value, key)}`, key });
  }
  pairs.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  const list: List = [];
  for (const { text, key } of pairs) {
    list.push(text);
    setPlace(list, list.length - 1, textPlace(value, key));
  }
  return list;
}

/** Drops the printed form of a number or date, because the value is text now. */
function textPlace(container: object, key: string): ReturnType<typeof placeOf> {
  const place = placeOf(container, key);
  if (place === undefined) return undefined;
  const { float: _float, date: _date, ...rest } = place;
  return rest;
}

function longBuild(value: unknown): unknown {
  return typeof value === "string" ? mappingOf({ context: value }) : value;
}

function mergeNames(
  base: unknown,
  over: unknown,
  shape: Shape,
  at: At,
  standard?: Record<string, unknown>,
): unknown {
  const [before, after] = [base, over].map((value) => nameMapping(value, standard));
  if (before === undefined || after === undefined) {
    at.fail("must be a list or a mapping");
    return base;
  }
  return mergeMapping(before, after, shape, at);
}

function nameMapping(value: unknown, standard?: Record<string, unknown>): Mapping | undefined {
  if (isMapping(value)) return value;
  const names = typeof value === "string" ? [value] : value;
  if (!isList(names) || !names.every((name) => typeof name === "string")) return undefined;
  const mapping = emptyMapping();
  for (const [index, name] of names.entries()) {
    mapping[name] = standard === undefined ? null : mappingOf(standard, placeOf(names, index));
    setPlace(mapping, name, placeOf(names, index));
  }
  return mapping;
}

/** Merges logging options, unless the driver changes: options of one driver have no meaning for another. */
function mergeLogging(base: unknown, over: unknown, shape: Shape, at: At): unknown {
  if (!isMapping(base) || !isMapping(over)) {
    at.fail("must be a mapping");
    return base;
  }
  const same = !has(base, "driver") || !has(over, "driver") || base.driver === over.driver;
  return same ? mergeMapping(base, over, shape, at) : over;
}

/** Merges pools with the same subnet. */
function mergePools(base: unknown, over: unknown, shape: Shape, at: At): unknown {
  if (!isList(base) || !isList(over) || !base.every(isMapping) || !over.every(isMapping)) {
    at.fail("must be a list of mappings");
    return base;
  }
  const result: Mapping[] = [];
  const indexOf = (subnet: unknown): number => result.findIndex((pool) => pool.subnet === subnet);
  for (const before of base) {
    for (const after of over) {
      if (after.subnet !== before.subnet && indexOf(after.subnet) < 0) {
        result.push(after);
        continue;
      }
      const merged = mergeMapping(before, clone(after), shape.entry, at);
      const index = indexOf(merged.subnet);
      if (index < 0) result.push(merged);
      else result[index] = merged;
    }
  }
  return result;
}

function longHosts(value: unknown): unknown {
  if (!isMapping(value)) return value;
  for (const name of Object.keys(value)) {
    if (typeof value[name] === "string")
      value[name] = mappingOf({ address: value[name] }, placeOf(value, name));
  }
  return value;
}

/** A probe of another kind replaces the previous one; its times are kept. */
function mergeProbe(base: unknown, over: unknown, shape: Shape, at: At): unknown {
  if (!isMapping(base) || !isMapping(over)) return over;
  const kinds = ["shell", "http", "socket"];
  if (kinds.some((kind) => has(over, kind))) for (const kind of kinds) delete base[kind];
  return mergeMapping(base, over, shape, at);
}

/** Removes duplicates: of the entries with the same index the last is kept, at the position of the first. */
export function unify(tree: unknown, shape: Shape | undefined, at: At): void {
  if (shape === undefined) return;
  if (isMapping(tree)) {
    for (const key of Object.keys(tree)) {
      const inner = shape.fields?.[key] ?? shape.entry;
      const child = at.child(tree, key);
      if (isList(tree[key]) && inner?.index !== undefined)
        tree[key] = distinct(tree[key], inner.index, child);
      else if (isMapping(tree[key])) unify(tree[key], inner, child);
    }
  }
}

function distinct(list: List, index: NonNullable<Shape["index"]>, at: At): List {
  const positions = new Map<string, number>();
  const result: List = [];
  for (const [from, entry] of list.entries()) {
    const key = index(entry, at.child(list, from));
    const known = positions.get(key);
    const to = known ?? result.length;
    if (known === undefined) positions.set(key, to);
    result[to] = entry;
    setPlace(result, to, placeOf(list, from));
  }
  return result;
}

/** `!reset` and `!override`: removes the tagged paths from the tree that the document is merged onto. */
export function clearPaths(tree: unknown, paths: readonly string[][]): void {
  for (const path of paths) clear(tree, path);
}

function clear(tree: unknown, path: readonly string[]): void {
  const [key, ...rest] = path;
  if (key === undefined || !isMapping(tree) || !has(tree, key)) return;
  if (rest.length === 0) delete tree[key];
  else clear(tree[key], rest);
}
