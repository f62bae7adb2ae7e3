/**
 * The place of an attribute in a request body: a function that sets it, or the reason why the engine does not get it.
 */
type Place<Value, Draft> = ((value: Value, draft: Draft) => void) | NotForTheEngine;

/** A place for every attribute: a missing attribute is a compile error. */
export type Table<Source, Draft> = { [A in keyof Source]-?: Place<NonNullable<Source[A]>, Draft> };

interface NotForTheEngine {
  notForTheEngine: string;
}

export function notForTheEngine(why: string): NotForTheEngine {
  return { notForTheEngine: why };
}

/**
 * Sets the attributes of `source` as the table specifies, in the table's order, so that a later place can override an
 * earlier one.
 */
export function land<Source extends object, Draft>(
  table: Table<Source, Draft>,
  source: Source,
  draft: Draft,
): void {
  for (const attribute of Object.keys(table) as (keyof Source)[]) {
    const place = table[attribute];
    const value = source[attribute];
    if (typeof place === "function" && value !== undefined && value !== null) place(value, draft);
  }
}

/** A part of a request's body. */
export type Body = Record<string, unknown>;

/** Sets `field` to the value, optionally converted. */
export function field<Value>(field: string, convert: (value: Value) => unknown = (value) => value) {
  return (value: Value, body: Body): void => {
    body[field] = convert(value);
  };
}
