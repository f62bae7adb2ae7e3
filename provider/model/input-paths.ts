/** Paths of values in inputs, as previews print them: "environment.GREETING", "ports[0].published". */

export function entryPath(path: string, key: string | number): string {
  if (typeof key === "number") return `${path}[${key}]`;
  return path === "" ? key : `${path}.${key}`;
}

/** Replaces a value, and the values in it, by what `of` returns for them and their paths; undefined keeps a value. */
export function replaceAt(value: unknown, of: (path: string, value: unknown) => unknown, path = ""): unknown {
  const other = of(path, value);
  if (other !== undefined) return other;
  if (Array.isArray(value)) return value.map((item, at) => replaceAt(item, of, entryPath(path, at)));
  if (!isPlain(value)) return value;
  return replaceIn(value, of, path);
}

export function replaceIn(
  values: object,
  of: (path: string, value: unknown) => unknown,
  path = "",
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([key, item]) => [key, replaceAt(item, of, entryPath(path, key))]),
  );
}

/** The paths of the values for which `is` holds; what is inside such a value is not visited. */
export function pathsWhere(value: object, is: (value: unknown) => boolean): string[] {
  const found: string[] = [];
  replaceIn(value, (path, item) => {
    if (!is(item)) return undefined;
    found.push(path);
    return null;
  });
  return found;
}

const contents = "secret_contents.";

/** The name of the secret whose content is at this path of a service's inputs: all of these values are secret. */
export function secretAt(path: string): string | undefined {
  return path.startsWith(contents) ? path.slice(contents.length) : undefined;
}

/** An Output of Pulumi is an object of a class. */
function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
