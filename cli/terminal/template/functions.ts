/** Template functions of docker, and those of Go that are used with them. Pure. */
import { jsonText } from "../../../provider/shared/foreign-text.js";
import { wrong } from "./parse-template.js";

export type Value = unknown;
export type Functions = Record<string, (...args: Value[]) => Value>;

export const functions: Functions = {
  json: (value) => jsonText(plain(value) ?? null),
  lower: (text) => shown(text).toLowerCase(),
  upper: (text) => shown(text).toUpperCase(),
  title: (text) => shown(text).replaceAll(/(^|\s)\S/g, (letter) => letter.toUpperCase()),
  split: (text, separator) => shown(text).split(shown(separator)),
  join: (list, separator) => listArgument("join", list).map(shown).join(shown(separator)),
  pad: (text, before, after) =>
    text === "" ? "" : " ".repeat(Number(before)) + shown(text) + " ".repeat(Number(after)),
  truncate: (text, length) => [...shown(text)].slice(0, Number(length)).join(""),
  len: (value) =>
    typeof value === "string"
      ? Buffer.byteLength(value)
      : Array.isArray(value)
        ? value.length
        : keys(value).length,
  index: (value, ...path) => path.reduce(propertyOf, value),
  print: (...all) => all.map(shown).join(""),
  println: (...all) => `${all.map(shown).join(" ")}\n`,
  printf: (format, ...all) => formatted(shown(format), all),
  eq: (value, ...others) => others.some((other) => value === other),
  ne: (a, b) => a !== b,
  lt: (a, b) => less(a, b),
  ge: (a, b) => !less(a, b),
  gt: (a, b) => less(b, a),
  le: (a, b) => !less(b, a),
  and: (...all) => all.find((value) => !isTrue(value)) ?? all.at(-1),
  or: (...all) => all.find(isTrue) ?? all.at(-1),
  not: (value) => !isTrue(value),
};

/** For the row of heads: functions that would change the letters have no effect. */
export const headFunctions: Functions = {
  ...functions,
  ...Object.fromEntries(
    ["json", "lower", "upper", "title", "split", "join", "pad", "truncate"].map((name) => [
      name,
      (head: Value) => head,
    ]),
  ),
};

/** Go's definition of empty: zero, nil, and empty collections. */
export function isTrue(value: Value): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === "object" && value !== null ? keys(value).length > 0 : Boolean(value);
}

/** Formats values as Go does. */
export function shown(value: Value): string {
  if (value === undefined || value === null) return "<no value>";
  if (Array.isArray(value)) return `[${value.map(shown).join(" ")}]`;
  if (typeof value === "object") return `{${Object.values(withoutFunctions(value)).map(shown).join(" ")}}`;
  return String(value as string | number | boolean);
}

function plain(value: Value): Value {
  return typeof value !== "object" || value === null || Array.isArray(value)
    ? value
    : withoutFunctions(value);
}

function withoutFunctions(value: object): Record<string, Value> {
  const entries = Object.entries(value).map(([name, one]): [string, Value] => [name, one]);
  return Object.fromEntries(entries.filter(([, one]) => typeof one !== "function"));
}

function propertyOf(value: Value, key: Value): Value {
  if (typeof value === "string") return value[Number(key)];
  return typeof value === "object" && value !== null ? Reflect.get(value, String(key)) : undefined;
}

function keys(value: Value): string[] {
  return typeof value === "object" && value !== null ? Object.keys(value) : [];
}

function listArgument(name: string, value: Value): Value[] {
  if (Array.isArray(value)) return value;
  throw wrong(`${name} needs a list, not "${shown(value)}"`);
}

function less(a: Value, b: Value): boolean {
  return typeof a === "string" && typeof b === "string" ? a < b : Number(a) < Number(b);
}

function formatted(format: string, values: Value[]): string {
  const left = [...values];
  return format.replaceAll(
    /%(-?)(0?)(\d*)(?:\.(\d+))?([a-z%])/g,
    (
      verb: string,
      minus: string,
      zero: string,
      width: string,
      digits: string | undefined,
      letter: string,
    ) => {
      if (letter === "%") return "%";
      if (!"svdqf".includes(letter)) throw wrong(`printf supports %s, %v, %d, %q and %f, not ${verb}`);
      const value = left.shift();
      const text =
        letter === "q"
          ? JSON.stringify(shown(value))
          : letter === "f"
            ? Number(value).toFixed(Number(digits ?? 6))
            : shown(value);
      const room = Number(width || 0);
      return minus ? text.padEnd(room) : text.padStart(room, zero ? "0" : " ");
    },
  );
}
