/** Where an attribute lands in a body that the engine takes: code that puts it there, or the reason why it does not. */
type Place<Value, Draft> = ((value: Value, draft: Draft) => void) | NotForTheEngine;

/** One place for every attribute: an attribute without one does not compile. */
export type Table<Source, Draft> = { [A in keyof Source]-?: Place<NonNullable<Source[A]>, Draft> };

interface NotForTheEngine {
  notForTheEngine: string;
}

export function notForTheEngine(why: string): NotForTheEngine {
  return { notForTheEngine: why };
}

/** Puts what is set in `source` where the table says, in the table's order: a later place may overrule an earlier one. */
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

/** Lands under `field`, as it is or converted. */
export function field<Value>(field: string, convert: (value: Value) => unknown = (value) => value) {
  return (value: Value, body: Body): void => {
    body[field] = convert(value);
  };
}
