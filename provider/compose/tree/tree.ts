/** The tree of a YAML document: plain values whose mappings have no prototype properties, each entry with its place. */
import { isDeepStrictEqual } from "node:util";
import type { LineCounter } from "yaml";

export type Mapping = Record<string, unknown>;
export type List = unknown[];
/** A value that has entries. */
export type Branch = Mapping | List;

/** A file's display name and its line starts: enough to turn an offset into line and column when a message needs it. */
export interface Source {
  file: string;
  lines: LineCounter;
}

export interface Place {
  source: Source;
  key: number;
  value: number;
  /** Written as a floating point number, which Go prints differently from an integer ("1e+06"). */
  float?: boolean;
  /** Written as an unquoted date: the text that Go prints for it. */
  date?: string;
  /** Names of the variables whose values it contains. */
  variables?: readonly string[];
}

// Places are stored outside the tree, so that every phase can treat the tree as plain data, and values keep their place
// when a merge moves them.
const places = new WeakMap<object, Map<string | number, Place>>();

export function placeOf(container: object, key: string | number): Place | undefined {
  return places.get(container)?.get(key);
}

export function setPlace(container: object, key: string | number, place: Place | undefined): void {
  if (place === undefined) return;
  let known = places.get(container);
  if (known === undefined) places.set(container, (known = new Map()));
  known.set(key, place);
}

export function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isList(value: unknown): value is List {
  return Array.isArray(value);
}

export function has(mapping: Mapping, key: string): boolean {
  return Object.hasOwn(mapping, key);
}

export function keysOf(branch: Branch): (string | number)[] {
  return isList(branch) ? [...branch.keys()] : Object.keys(branch);
}

export function valueAt(branch: Branch, key: string | number): unknown {
  return isList(branch) ? branch[Number(key)] : branch[key];
}

export function setValueAt(branch: Branch, key: string | number, value: unknown): void {
  if (isList(branch)) branch[Number(key)] = value;
  else branch[key] = value;
}

// Has no `constructor` or `__proto__` that a lookup could find by accident. Libraries print mappings with `toString`; it is
// writable because a file may have a key of that name.
const bare: object = Object.create(null, {
  toString: { value: Object.prototype.toString, writable: true },
});

export function emptyMapping(): Mapping {
  const mapping: Mapping = Object.create(bare);
  return mapping;
}

/** Returns a mapping of new entries that all have the same place. */
export function mappingOf(entries: Record<string, unknown>, place?: Place): Mapping {
  const mapping = emptyMapping();
  for (const [key, value] of Object.entries(entries)) {
    mapping[key] = value;
    setPlace(mapping, key, place);
  }
  return mapping;
}

export function listOf(entries: List, place?: Place): List {
  for (const index of entries.keys()) setPlace(entries, index, place);
  return entries;
}

/** Copies an entry with its place. */
export function copyEntry(from: Branch, fromKey: string | number, to: Branch, toKey: string | number): void {
  setValueAt(to, toKey, valueAt(from, fromKey));
  setPlace(to, toKey, placeOf(from, fromKey));
}

export function dropUndefined(branch: Branch): void {
  if (isMapping(branch)) {
    for (const key of Object.keys(branch)) if (branch[key] === undefined) delete branch[key];
    return;
  }
  const kept = [...branch.keys()].filter((index) => branch[index] !== undefined);
  if (kept.length === branch.length) return;
  for (const [to, from] of kept.entries()) copyEntry(branch, from, branch, to);
  branch.length = kept.length;
}

export function clone(value: Mapping): Mapping;
export function clone(value: unknown): unknown;
export function clone(value: unknown): unknown {
  if (isList(value)) {
    const copy: List = value.map((entry) => clone(entry));
    for (const index of value.keys()) setPlace(copy, index, placeOf(value, index));
    return copy;
  }
  if (!isMapping(value)) return value;
  const copy = emptyMapping();
  for (const key of Object.keys(value)) {
    copy[key] = clone(value[key]);
    setPlace(copy, key, placeOf(value, key));
  }
  return copy;
}

/** Returns the indexes of the first two equal entries of a list. */
export function repeated(list: List): [number, number] | undefined {
  const scalars = new Map<unknown, number>();
  for (const [index, entry] of list.entries()) {
    const first =
      isMapping(entry) || isList(entry)
        ? list.findIndex((other) => isDeepStrictEqual(entry, other))
        : (scalars.get(entry) ?? index);
    if (first < index) return [first, index];
    scalars.set(entry, index);
  }
  return undefined;
}
