/** The place of an attribute in a request: what sets it, and where necessary the fields that it sets. */
type Place<Value, Draft> = Setter<Value, Draft> | Claims<Value, Draft>;

type Setter<Value, Draft> = (value: Value, draft: Draft) => void;

interface Claims<Value, Draft> {
  claims: readonly Claim[];
  set?: Setter<Value, Draft>;
}

/** A field of the request that an attribute sets. */
interface Claim {
  /** "HostConfig.Memory" in the body, or "?platform" in the query. */
  field: string;
  /** "deploy.resources.limits.memory" */
  attribute: string;
}

/** A place for every attribute: a missing attribute is a compile error. */
export type Table<Source, Draft> = { [A in keyof Source]-?: Place<NonNullable<Source[A]>, Draft> };

/** An attribute of a mapping that no field of the request contains; `why` names the code that uses it instead. */
export function notForTheEngine(_why: string): Claims<unknown, unknown> {
  return { claims: [] };
}

/** The code of the request sets the fields, because it combines the attribute with other inputs. */
export function withOthers(...fields: string[]): Claims<unknown, unknown> {
  return { claims: fields.map(claim) };
}

export function sets<Value, Draft>(fields: string[], set: Setter<Value, Draft>): Claims<Value, Draft> {
  return { claims: fields.map(claim), set };
}

/** Sets `field` to the value, optionally converted. */
export function field<Value>(field: string, convert: (value: Value) => unknown = (value) => value) {
  return sets([field], (value: Value, body: Body) => {
    body[field] = convert(value);
  });
}

/** A mapping whose attributes have places of their own. `at` is the prefix of the fields in the draft. */
export function nested<Source extends object, Draft, Inner>(
  table: Table<Source, Inner>,
  at: string,
  inner: (draft: Draft) => Inner,
): Claims<Source, Draft> {
  const claims = claimsOf(table).map(({ field, attribute }) => ({
    field: at + field,
    attribute: `.${attribute}`,
  }));
  return { claims, set: (value, draft) => land(table, value, inner(draft)) };
}

function claim(field: string): Claim {
  return { field, attribute: "" };
}

/** The fields that each attribute sets, in the order in which they are set. */
export function claimsOf<Source, Draft>(table: Table<Source, Draft>): Claim[] {
  const claims: Claim[] = [];
  for (const name in table) {
    const place = table[name];
    if (typeof place === "function") continue;
    for (const { field, attribute } of place.claims) claims.push({ field, attribute: name + attribute });
  }
  return claims;
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
  for (const attribute in table) {
    const [place, value] = [table[attribute], source[attribute]];
    const set = typeof place === "function" ? place : place.set;
    if (value !== undefined && value !== null) set?.(value, draft);
  }
}

/** A part of a request's body, or of an answer. */
export type Body = Record<string, unknown>;

function isBody(value: unknown): value is Body {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Engines also send null for an empty mapping. */
export function bodyOf(value: unknown): Body {
  return isBody(value) ? value : {};
}

/** Engines also send null for an empty list. */
export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
