/**
 * The parts of a row of the attribute table. One shape contains everything that the phases of loading know about an
 * attribute: the allowed values, the conversion of text from a variable, the merge rule for two files, the conversion of
 * short syntax to long syntax, and the printed form.
 */
import type { At } from "../tree/problems.js";
import { isList, isMapping, listOf, placeOf, type Mapping } from "../tree/tree.js";
import { messageOf } from "../../shared/errors.js";

/** The part of JSON Schema that the table uses. */
export interface JsonSchema {
  type?: string | readonly string[];
  anyOf?: readonly JsonSchema[];
  enum?: readonly unknown[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  minItems?: number;
  items?: JsonSchema;
  uniqueItems?: boolean;
  properties?: Record<string, JsonSchema>;
  patternProperties?: Record<string, JsonSchema>;
  additionalProperties?: boolean | JsonSchema;
  propertyNames?: JsonSchema;
  required?: readonly string[];
  examples?: readonly string[];
  description?: string;
}

/** How a value of a later file is merged. Without a rule: mappings by key, lists are appended, other values replaced. */
export type Merge =
  | "replace"
  | "sequence"
  | "logging"
  | "build"
  | "dependencies"
  | "names"
  | "ulimit"
  | "ipam"
  | "hosts"
  | "probe"
  | "switch";

/** Which parts of the value can be paths relative to the project's folder. */
export type PathRule = "path" | "unix" | "context" | "mount" | "volume";

/**
 * The owner of an attribute. By default it belongs to the container: docker compose's hash covers it, the inputs of a service
 * contain it, and provider/engine/containers/create-body.ts has a place for it in the engine's API.
 *
 * plan: affects the plan; neither in the inputs nor in the hash.
 * command: affects `up` and `watch`; not in the inputs, but in the hash, as in docker compose.
 * order: affects the start order of services; in the inputs, not in the hash.
 * steps: carried out in or beside the created container; in the inputs and in the hash, but not in the create body.
 */
export type Owner = "plan" | "command" | "order" | "steps";

/** A row of the table. `Value` is the result of `decode`: the attribute's type in a Project. */
export interface Shape<Value = unknown> {
  schema: JsonSchema;
  /** One line for the support table and for editors. */
  doc?: string;
  /** Why k2-compose does not support the attribute: it is rejected by name. */
  refused?: string;
  /** Why the attribute changes nothing, as with docker compose: for the support table. */
  noEffect?: string;
  /** A warning for users of the attribute. */
  caveat?: string;
  cast?: (text: string) => unknown;
  merge?: Merge;
  /** The index of a list entry. An entry replaces an earlier one with the same index. */
  index?: (entry: unknown, at: At) => string;
  /** Converts short syntax to long syntax. */
  long?: (value: unknown, at: At) => unknown;
  /** Fills in defaults of the long form, in place. */
  fill?: (value: Mapping) => void;
  /** Checks of the long form that JSON Schema cannot express. */
  check?: (value: unknown, at: At) => void;
  path?: PathRule;
  decode: (value: unknown, at: At) => Value | undefined;
  /** Whether the decoded value is omitted from the output. */
  omit: (value: unknown) => boolean;
  /** The value as docker compose prints it, if that omits something that the engine needs. */
  lossy?: (value: unknown) => unknown;
  /** The name as docker compose prints it, if it differs. */
  spelled?: string;
  /** The value if the attribute is missing. */
  absent?: unknown;
  fields?: Record<string, Shape>;
  entry?: Shape;
  /** Only for attributes of a service. */
  belongsTo?: Owner;
}

/** The type of an attribute, from its row. */
export type Decoded<Row> = Row extends Shape<infer Value> ? Value : never;

export type Fields = Record<string, Shape>;

type Flat<T> = { [K in keyof T]: T[K] };

/** The type of a mapping, from the rows of its keys. `Present`: keys that are always present. */
export type DecodedRecord<Rows extends Fields, Present extends keyof Rows> = Flat<
  { [K in keyof Rows as K extends Present ? never : K]?: Decoded<Rows[K]> } & {
    [K in keyof Rows as K extends Present ? K : never]: Decoded<Rows[K]>;
  }
>;

export const nothing = (value: unknown): value is null | undefined => value === undefined || value === null;
const orEmpty = (value: unknown): boolean => nothing(value) || value === "";
const orNoEntries = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === "object" && Object.keys(value).length === 0);

/** Options of a row, beside its kind of value. A row with its own decoder is `{ ...text(), decode }`. */
export type Rest = Omit<Partial<Shape>, "decode" | "fields" | "entry">;

export function text(rest: Rest = {}): Shape<string> {
  return { schema: { type: "string" }, decode: decodeText, omit: orEmpty, ...rest };
}

/** The JSON Schema rejects other values before they are decoded. */
export function oneOf<const Word extends string>(values: readonly Word[], rest: Rest = {}): Shape<Word> {
  const row = text({ schema: { type: "string", enum: values }, ...rest });
  return {
    ...row,
    decode: (value, at) => {
      const decoded = row.decode(value, at);
      return values.find((word) => word === decoded);
    },
  };
}

/** The value can be an integer where the schema allows one instead of text, such as a published port. */
function decodeText(value: unknown, at: At): string | undefined {
  if (typeof value === "string" && placeOf(at.container ?? {}, at.key ?? "")?.date === undefined)
    return value;
  if (typeof value === "number" && Number.isInteger(value)) return String(value);
  if (typeof value === "bigint") return String(value);
  return nothing(value) ? undefined : at.fail("must be text; put it in quotes");
}

export function flag(rest: Rest = {}): Shape<boolean> {
  return {
    schema: { type: ["boolean", "string"] },
    cast: parseFlag,
    decode: (value, at) => {
      if (typeof value === "string") return parseAt(() => parseFlag(value), at);
      return typeof value === "boolean" ? value : undefined;
    },
    omit: (value) => nothing(value) || value === false,
    ...rest,
  };
}

/** A flag that is also printed if it is false, because absence has another meaning. */
export function maybeFlag(rest: Rest = {}): Shape<boolean> {
  return flag({ omit: nothing, ...rest });
}

/** A flag that is true by default. */
export function optOut(rest: Rest = {}): Shape<boolean> {
  return flag({ omit: (value) => nothing(value) || value === true, ...rest });
}

function parseFlag(value: string): boolean {
  const lower = value.toLowerCase();
  if (["true", "y", "yes", "on"].includes(lower)) return true;
  if (["false", "n", "no", "off"].includes(lower)) return false;
  throw new Error(`"${value}" is neither true nor false`);
}

type WholeOptions = Rest & {
  /** Not negative. */
  unsigned?: boolean;
  /** 0 is printed too. */
  zero?: boolean;
};

export function whole({ unsigned = false, zero = false, ...rest }: WholeOptions = {}): Shape<number> {
  return {
    schema: { type: ["integer", "string"] },
    cast: parseWhole,
    decode: (value, at) => {
      const number = typeof value === "string" ? parseAt(() => parseWhole(value), at) : value;
      // Beyond the safe integers it is a bigint, which is printed like a number and used in no calculation.
      if (typeof number === "bigint") return number as unknown as number;
      if (typeof number !== "number") return undefined;
      if (unsigned && number < 0) return at.fail("must not be negative");
      return Math.trunc(number);
    },
    omit: zero ? nothing : (value) => nothing(value) || value === 0,
    ...rest,
  };
}

function parseWhole(value: string): number | bigint {
  if (!/^[-+]?\d+$/.test(value)) throw new Error(`"${value}" is not a whole number`);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : BigInt(value.replace("+", ""));
}

export function parseAt<T>(parse: () => T, at: At): T | undefined {
  try {
    return parse();
  } catch (error) {
    return at.fail(messageOf(error));
  }
}

/** At least one of several shapes of different types. */
export function eitherSchema(...schemas: JsonSchema[]): JsonSchema {
  return { anyOf: schemas };
}

export const textList: JsonSchema = { type: "array", items: { type: "string" } };
export const distinctTexts: JsonSchema = { ...textList, uniqueItems: true };

export function list<Entry>(entry: Shape<Entry>, rest: Rest = {}): Shape<Entry[]> {
  return {
    schema: { type: "array", items: entry.schema },
    entry,
    decode: (value, at) => decodeList(value, at, entry),
    omit: orNoEntries,
    ...rest,
  };
}

function decodeList<Entry>(value: unknown, at: At, entry: Shape<Entry>): Entry[] | undefined {
  if (!isList(value)) return undefined;
  return value.flatMap((item, index) => {
    const decoded = entry.decode(item, at.child(value, index));
    return decoded === undefined ? [] : [decoded];
  });
}

export function texts(rest: Rest = {}): Shape<string[]> {
  return list(text(), { schema: distinctTexts, ...rest });
}

/** A string, or a list of strings. */
export function textOrList(rest: Rest = {}): Shape<string[]> {
  return texts({
    schema: eitherSchema({ type: "string" }, distinctTexts),
    long: (value, at) => (typeof value === "string" ? listOf([value], at.place) : value),
    ...rest,
  });
}

type RecordOptions<Rows extends Fields, Required extends keyof Rows, Present extends keyof Rows> = Rest & {
  fields: Rows;
  /** Required keys. */
  required?: readonly Required[];
  /** Optional keys that are always present after `fill`, `check` or `absent`. Used for the type only. */
  present?: readonly Present[];
  /** The short syntax, if any. */
  short?: JsonSchema;
  /** Unknown keys cause a warning instead of an error, because docker compose accepts them here. */
  open?: boolean;
  /** The schema of null, if null is allowed. */
  nullable?: boolean;
};

/** A mapping with known keys. They are printed in the order of the table, which is docker compose's. */
export function record<
  Rows extends Fields,
  const Required extends keyof Rows = never,
  const Present extends keyof Rows = never,
>({
  fields,
  required,
  present: _present,
  short,
  open = false,
  nullable = false,
  ...rest
}: RecordOptions<Rows, Required, Present>): Shape<DecodedRecord<Rows, Required | Present>> {
  const properties = Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, described(field)]),
  );
  const long: JsonSchema = {
    type: nullable ? ["object", "null"] : "object",
    properties,
    patternProperties: { "^x-": {} },
  };
  if (!open) long.additionalProperties = false;
  if (required !== undefined) long.required = required.map(String);
  return {
    schema: short === undefined ? long : eitherSchema(short, long),
    fields,
    // Built key by key, as DecodedRecord is.
    decode: (value, at) =>
      decodeRecord(value, at, fields) as DecodedRecord<Rows, Required | Present> | undefined,
    omit: nothing,
    ...rest,
  };
}

export function described(shape: Shape): JsonSchema {
  return shape.doc === undefined ? shape.schema : { ...shape.schema, description: shape.doc };
}

function decodeRecord(value: unknown, at: At, fields: Fields): Record<string, unknown> | undefined {
  if (!isMapping(value)) return undefined;
  const result: Record<string, unknown> = {};
  for (const [name, shape] of Object.entries(fields)) {
    const written = value[name];
    const decoded = written === undefined ? undefined : shape.decode(written, at.child(value, name));
    if (!nothing(decoded) && !shape.omit(decoded)) result[name] = decoded;
    else if (shape.absent !== undefined) result[name] = shape.absent;
  }
  return result;
}

type KeyedOptions = Rest & {
  keys?: string;
};

/** A mapping with arbitrary keys. */
export function keyed<Entry>(
  entry: Shape<Entry>,
  { keys, ...rest }: KeyedOptions = {},
): Shape<Record<string, Entry>> {
  const schema: JsonSchema = { type: "object", additionalProperties: entry.schema };
  if (keys !== undefined) schema.propertyNames = { pattern: keys };
  return { schema, entry, decode: (value, at) => decodeKeyed(value, at, entry), omit: orNoEntries, ...rest };
}

function decodeKeyed<Entry>(value: unknown, at: At, entry: Shape<Entry>): Record<string, Entry> | undefined {
  if (!isMapping(value)) return undefined;
  const result: Record<string, Entry> = {};
  for (const key of Object.keys(value).sort()) {
    const decoded = entry.decode(value[key], at.child(value, key));
    if (decoded !== undefined) result[key] = decoded;
  }
  return result;
}

/** The value, or null, which is printed as null. */
export function orNull<Value>(row: Shape<Value>): Shape<Value | null> {
  return {
    ...row,
    schema: eitherSchema({ type: "null" }, row.schema),
    decode: (value, at) => (value === null ? null : row.decode(value, at)),
  };
}

/** Any value, printed unchanged. */
export function anything(rest: Rest = {}): Shape {
  return { schema: {}, decode: (value) => value, omit: nothing, ...rest };
}
