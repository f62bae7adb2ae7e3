/**
 * Look-ups whose key is known to be there, because the loader has checked the file or an earlier step has made the entry.
 * They throw where that does not hold, instead of handing on `undefined`.
 */

export function entryOf<K, V>(map: ReadonlyMap<K, V>, key: K): V {
  const value = map.get(key);
  if (value === undefined) throw missing(key);
  return value;
}

export function propertyOf<V>(record: Readonly<Record<string, V>>, key: string): V {
  const value = record[key];
  if (value === undefined) throw missing(key);
  return value;
}

/** The element at an index that the caller has found in the list, or in another of the same length. */
export function elementOf<V>(list: readonly V[], at: number): V {
  const value = list[at];
  if (value === undefined) throw missing(at);
  return value;
}

/** A property that may be absent in general, but not where the caller asks for it. */
export function fieldOf<T extends object, K extends keyof T>(object: T, key: K): Exclude<T[K], undefined> {
  const value = object[key];
  if (!isPresent(value)) throw missing(key);
  return value;
}

function isPresent<V>(value: V): value is Exclude<V, undefined> {
  return value !== undefined;
}

function missing(key: unknown): Error {
  return new Error(`internal error: unknown key ${JSON.stringify(key)}`);
}
