/**
 * What a row of the attribute table is made of. One shape holds everything that the phases of loading know of an
 * attribute: what may be written, how text from a variable becomes its type, how two files merge it, how the short
 * syntax becomes the long one, and how it prints.
 */
import type { At } from "../tree/problems.js";
import { isList, isMapping, listOf, placeOf, type List, type Mapping } from "../tree/tree.js";

export type JsonSchema = Record<string, unknown>;

/** How a later file's value goes onto an earlier one's. Without a rule: mappings by key, lists appended, others replaced. */
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
  | "probe";

/** Relative to the project's folder: what may be a path in here. */
export type PathRule = "path" | "unix" | "context" | "mount" | "volume";

/**
 * What an attribute belongs to. Without this column it is the container's: docker compose's hash covers it, the inputs of
 * a service hold it, and provider/engine/containers/create-body.ts gives it a place.
 *
 * plan: decides what is planned; neither in the inputs nor in the hash.
 * command: what `up` and `watch` do; not in the inputs, but in the hash, as docker compose has it.
 * order: in which order services start; in the inputs, not in the hash.
 */
export type Owner = "plan" | "command" | "order";

/** A row of the table. `Value` is what `decode` makes of what is written: the attribute's type in a Project. */
export interface Shape<Value = unknown> {
  schema: JsonSchema;
  /** One line for the support table and for editors. */
  doc?: string;
  /** Why no engine of ours can do it: the attribute is refused by name. */
  refused?: string;
  /** What is worth saying to whoever uses it. */
  caveat?: string;
  cast?: (text: string) => unknown;
  merge?: Merge;
  /** Two entries of a list with one index are one: the later wins. */
  index?: (entry: unknown, at: At) => string;
  /** Short syntax -> long. */
  long?: (value: unknown, at: At) => unknown;
  /** Fills defaults into the long form, in place. */
  fill?: (value: Mapping) => void;
  /** Checks that JSON Schema cannot say, on the long form. */
  check?: (value: unknown, at: At) => void;
  path?: PathRule;
  decode: (value: unknown, at: At) => Value | undefined;
  /** Whether the decoded value is not printed. */
  omit: (value: unknown) => boolean;
  /** How docker compose prints the value, where that loses something that the engine must know. */
  lossy?: (value: unknown) => unknown;
  /** How docker compose prints the name, where that differs. */
  spelled?: string;
  /** What is printed if the attribute was not written at all. */
  absent?: unknown;
  fields?: Record<string, Shape>;
  entry?: Shape;
  /** Of a service's attributes only. */
  belongsTo?: Owner;
}

/** The type of an attribute, from its row. */
export type Decoded<Row> = Row extends Shape<infer Value> ? Value : never;

export type Fields = Record<string, Shape>;

type Flat<T> = { [K in keyof T]: T[K] };

/** The type of a mapping, from the rows of its keys. `Present`: keys that it always has. */
export type DecodedRecord<Rows extends Fields, Present extends keyof Rows> = Flat<
  { [K in keyof Rows as K extends Present ? never : K]?: Decoded<Rows[K]> } & {
    [K in keyof Rows as K extends Present ? K : never]: Decoded<Rows[K]>;
  }
>;

export const nothing = (value: unknown): boolean => value === undefined || value === null;
const orEmpty = (value: unknown): boolean => nothing(value) || value === "";
const orNoEntries = (value: unknown): boolean =>
  nothing(value) || (typeof value === "object" && Object.keys(value as object).length === 0);

/** What a row adds to its kind of value. A row with a decoder of its own is written as `{ ...text(), decode }`. */
export type Rest = Omit<Partial<Shape>, "decode" | "fields" | "entry">;

export function text(rest: Rest = {}): Shape<string> {
  return { schema: { type: "string" }, decode: decodeText, omit: orEmpty, ...rest };
}

/** The JSON Schema has refused other values before they are decoded. */
export function oneOf<const Word extends string>(values: readonly Word[], rest: Rest = {}): Shape<Word> {
  const row = text({ schema: { type: "string", enum: values }, ...rest });
  return { ...row, decode: (value, at) => row.decode(value, at) as Word | undefined };
}

/** Whole numbers arrive here where the schema lets them stand for text, such as a published port. */
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
      if (typeof value === "string") return attempt(() => parseFlag(value), at);
      return typeof value === "boolean" ? value : undefined;
    },
    omit: (value) => nothing(value) || value === false,
    ...rest,
  };
}

/** A flag that prints `false` too, since absent means something else. */
export function maybeFlag(rest: Rest = {}): Shape<boolean> {
  return flag({ omit: nothing, ...rest });
}

/** A flag that is on unless turned off. */
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
  /** Prints 0 too. */
  zero?: boolean;
};

export function whole({ unsigned = false, zero = false, ...rest }: WholeOptions = {}): Shape<number> {
  return {
    schema: { type: ["integer", "string"] },
    cast: parseWhole,
    decode: (value, at) => {
      const number = typeof value === "string" ? attempt(() => parseWhole(value), at) : value;
      // Beyond the safe integers it is a bigint, which prints like a number and reaches no calculation.
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

export function attempt<T>(parse: () => T, at: At): T | undefined {
  try {
    return parse();
  } catch (error) {
    return at.fail((error as Error).message);
  }
}

/** At least one of several things of unlike types. */
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

/** One text or a list of them. */
export function textOrList(rest: Rest = {}): Shape<string[]> {
  return texts({
    schema: eitherSchema({ type: "string" }, distinctTexts),
    long: (value, at) => (typeof value === "string" ? listOf([value], at.place) : value),
    ...rest,
  });
}

type RecordOptions<Rows extends Fields, Required extends keyof Rows, Present extends keyof Rows> = Rest & {
  fields: Rows;
  /** Must be written. */
  required?: readonly Required[];
  /** Need not be written, and yet are always there: `fill`, `check` or `absent` see to it. For the type only. */
  present?: readonly Present[];
  /** The short syntax, if there is one. */
  short?: JsonSchema;
  /** Keys that are not known are warned about, not refused: docker compose lets them pass here. */
  open?: boolean;
  /** Schema of null, if it may stand here. */
  nullable?: boolean;
};

/** A mapping with known keys. They print in the table's order, which is docker compose's. */
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
  if (required !== undefined) long.required = required;
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

/** A mapping whose keys the user chooses. */
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

/** The value, or null, which prints so. */
export function orNull<Value>(row: Shape<Value>): Shape<Value | null> {
  return {
    ...row,
    schema: eitherSchema({ type: "null" }, row.schema),
    decode: (value, at) => (value === null ? null : row.decode(value, at)),
  };
}

/** Anything at all, printed as it is. */
export function anything(rest: Rest = {}): Shape {
  return { schema: {}, decode: (value) => value, omit: nothing, ...rest };
}

export type { List };
