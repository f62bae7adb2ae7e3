/** The place of an attribute in a request: what sets it, and where necessary the fields that it sets. */
type Place<Value, Draft> = Setter<Value, Draft> | Claims<Value, Draft>;

type Setter<Value, Draft> = (value: Value, draft: Draft) => void;

export interface Claims<Value, Draft> {
  claims: readonly Claim[];
  set?: Setter<Value, Draft>;
  refuses?: (value: Value) => Refusal[];
}

/** A field of the request that an attribute sets. */
export interface Claim {
  /** "HostConfig.Memory" in the body, or "?platform" in the query; "Mounts.[].Target" in each entry of a list. */
  field: string;
  /** "deploy.resources.limits.memory", "volumes.[].target" */
  attribute: string;
}

/** A value that the receiver of the request cannot take. */
export interface Refusal {
  /** Below the attribute: "", ".0.host_ip". */
  path: string;
  why: string;
  /** The remedy, as a complete sentence. */
  hint: string;
}

/** A place for every attribute: a missing attribute is a compile error. */
export type Table<Source, Draft> = { [A in keyof Source]-?: Place<NonNullable<Source[A]>, Draft> };

/** An attribute of a mapping that no field of the request contains; `why` names the code that uses it instead. */
export function notForTheEngine(_why: string): Claims<unknown, unknown> {
  return { claims: [] };
}

/** An attribute that the request cannot express. A value that asks for nothing, such as `false`, is accepted. */
export function refused(why: string, hint: string): Claims<unknown, unknown> {
  return { claims: [], refuses: (value) => refuseIf(asks(value), why, hint) };
}

export function refuseIf(condition: boolean, why: string, hint: string, path = ""): Refusal[] {
  return condition ? [{ path, why, hint }] : [];
}

function asks(value: unknown): boolean {
  return typeof value === "object" && value !== null ? Object.keys(value).length > 0 : Boolean(value);
}

/** A place that does not accept every value. */
export function refusing<Value, Draft>(
  place: Claims<Value, Draft>,
  refuses: (value: Value) => Refusal[],
): Claims<Value, Draft> {
  return { ...place, refuses: (value) => [...(place.refuses?.(value) ?? []), ...refuses(value)] };
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

/** `field` for a part of a draft whose type is known. `at` is the prefix of the part's fields. */
export function fieldsIn<Part extends object, Draft>(at: string, partOf: (draft: Draft) => Part) {
  function place<K extends keyof Part & string>(name: K): Claims<NonNullable<Part[K]>, Draft>;
  function place<K extends keyof Part & string, Value>(
    name: K,
    convert: (value: Value, draft: Draft) => Part[K],
  ): Claims<Value, Draft>;
  function place<K extends keyof Part & string>(
    name: K,
    convert: (value: NonNullable<Part[K]>, draft: Draft) => Part[K] = (value) => value,
  ): Claims<NonNullable<Part[K]>, Draft> {
    return sets([at + name], (value: NonNullable<Part[K]>, draft: Draft) => {
      partOf(draft)[name] = convert(value, draft);
    });
  }
  return place;
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
  return {
    claims,
    set: (value, draft) => land(table, value, inner(draft)),
    refuses: (value) => refusalsIn(table, value).map((refusal) => below("", refusal)),
  };
}

/** A list, or a mapping of names, whose entries have attributes with places of their own. */
export function each<Source extends object, Entries extends Record<string, Source | null> | Source[], Draft>(
  table: Table<Source, never>,
  at: string,
  set: Setter<Entries, Draft>,
): Claims<Entries, Draft> {
  const claims = claimsOf(table).map(({ field, attribute }) => ({
    field: `${at}.[].${field}`,
    attribute: `.[].${attribute}`,
  }));
  return {
    claims,
    set,
    refuses: (entries) =>
      Object.entries<Source | null>(entries).flatMap(([key, entry]) =>
        entry === null ? [] : refusalsIn(table, entry).map((refusal) => below(`.${key}`, refusal)),
      ),
  };
}

function below(path: string, refusal: Refusal): Refusal {
  return { ...refusal, path: `${path}.${refusal.path}` };
}

function claim(field: string): Claim {
  return { field, attribute: "" };
}

/** The fields that each attribute sets, in the order in which they are set. */
export function claimsOf<Source>(table: Table<Source, never>): Claim[] {
  const claims: Claim[] = [];
  for (const name in table) {
    const place = table[name];
    if (typeof place === "function") continue;
    for (const { field, attribute } of place.claims) claims.push({ field, attribute: name + attribute });
  }
  return claims;
}

/** Values that the table refuses, by path. */
export function refusalsIn<Source extends object>(table: Table<Source, never>, source: Source): Refusal[] {
  const refusals: Refusal[] = [];
  for (const name in table) {
    const [place, value] = [table[name], source[name]];
    if (typeof place === "function" || value === undefined || value === null) continue;
    for (const refusal of place.refuses?.(value) ?? [])
      refusals.push({ ...refusal, path: name + refusal.path });
  }
  return refusals;
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

export function isBody(value: unknown): value is Body {
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
