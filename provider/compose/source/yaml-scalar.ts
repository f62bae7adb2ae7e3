/**
 * YAML scalars as docker compose reads them with Go's yaml: 0440 is octal, 1_000 is a number, `yes` and `on` are text, an
 * unquoted date is a date.
 */

export interface Scalar {
  value: unknown;
  float?: boolean;
  date?: string;
}

const constants = new Map<string, Scalar>();
for (const text of ["true", "True", "TRUE"]) constants.set(text, { value: true });
for (const text of ["false", "False", "FALSE"]) constants.set(text, { value: false });
for (const text of ["", "~", "null", "Null", "NULL"]) constants.set(text, { value: null });
for (const text of [".nan", ".NaN", ".NAN"]) constants.set(text, { value: NaN, float: true });
for (const text of [".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"])
  constants.set(text, { value: Infinity, float: true });
for (const text of ["-.inf", "-.Inf", "-.INF"]) constants.set(text, { value: -Infinity, float: true });
for (const text of ["-0", "-0.0"]) constants.set(text, { value: -0, float: true });

const floatPattern = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const datePattern =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt]| )(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:\d{2})?$/;

/** Returns the value of a plain (unquoted) scalar. */
export function plainScalar(text: string): Scalar {
  const constant = constants.get(text);
  if (constant !== undefined) return constant;
  if (!/^[-+.0-9]/.test(text)) return { value: text };
  return dateScalar(text) ?? numberScalar(text) ?? { value: text };
}

/** Returns a scalar with one of YAML's own tags, or undefined if the text is not of that type. */
export function taggedScalar(tag: string, text: string): Scalar | undefined {
  if (tag === "tag:yaml.org,2002:str" || tag === "tag:yaml.org,2002:binary") return { value: text };
  const plain = plainScalar(text);
  if (tag === "tag:yaml.org,2002:float" && typeof plain.value === "number")
    return { value: plain.value, float: true };
  const kinds: Record<string, boolean> = {
    "tag:yaml.org,2002:int":
      (typeof plain.value === "number" && plain.float !== true) || typeof plain.value === "bigint",
    "tag:yaml.org,2002:bool": typeof plain.value === "boolean",
    "tag:yaml.org,2002:null": plain.value === null,
    "tag:yaml.org,2002:timestamp": plain.date !== undefined,
  };
  if (!(tag in kinds)) return { value: text };
  return kinds[tag] === true ? plain : undefined;
}

function numberScalar(text: string): Scalar | undefined {
  const plain = text.replaceAll("_", "");
  const whole = wholeNumber(plain);
  if (whole !== undefined) return { value: whole };
  if (floatPattern.test(text.startsWith(".") ? text : plain)) return { value: Number(plain), float: true };
  return undefined;
}

function wholeNumber(text: string): number | bigint | undefined {
  const negative = text.startsWith("-");
  let digits = /^[-+]/.test(text) ? text.slice(1) : text;
  if (/^0[0-7]+$/.test(digits)) digits = `0o${digits.slice(1)}`;
  else if (!/^(?:0|[1-9][0-9]*|0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+)$/.test(digits)) return undefined;
  const value = negative ? -BigInt(digits) : BigInt(digits);
  if (value > 0xffffffffffffffffn || value < -0x8000000000000000n) return undefined;
  // Beyond 2^53 a JavaScript number loses digits, for example of an account id.
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function dateScalar(text: string): Scalar | undefined {
  const match = datePattern.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  const spaced = text.includes(" ");
  if ((hour === undefined || spaced) !== (zone === undefined)) return undefined;
  const two = (part = "0"): string => part.padStart(2, "0");
  const iso = `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}`;
  const check = new Date(`${iso}Z`);
  if (Number.isNaN(check.getTime()) || check.getUTCDate() !== Number(day)) return undefined;
  const digits = fraction?.replace(/0+$/, "") ?? "";
  const tail = digits === "" ? "" : `.${digits}`;
  const offset =
    zone === undefined || zone === "Z" ? "+0000 UTC" : `${zone.replace(":", "")} ${zone.replace(":", "")}`;
  return { value: `${iso}${tail}${zone ?? "Z"}`, date: `${iso.replace("T", " ")}${tail} ${offset}` };
}
