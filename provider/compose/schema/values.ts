/** Shapes of values that several attributes share: sizes, times, key=value lists, commands. */
import { parseByteSize } from "../values/byte-size.js";
import { formatDuration, parseDuration } from "../values/duration.js";
import { compareBytes, entryText, float32 } from "../values/go-format.js";
import type { At } from "../tree/problems.js";
import { shellWords } from "../values/shell-words.js";
import { isList, isMapping } from "../tree/tree.js";
import { parseAt, distinctTexts, eitherSchema, nothing, textList, type Rest, type Shape } from "./shape.js";

const noEntries = (value: unknown): boolean =>
  value === undefined || value === null || Object.keys(value).length === 0;

/** A 32-bit floating point number, or a wider one. */
export function real({ wide = false, ...rest }: Rest & { wide?: boolean } = {}): Shape<number> {
  return {
    schema: { type: ["number", "string"] },
    cast: parseReal,
    decode: (value, at) => {
      const number = typeof value === "string" ? parseAt(() => parseReal(value), at) : value;
      if (typeof number !== "number") return undefined;
      return wide ? number : float32(number);
    },
    omit: (value) => nothing(value) || value === 0,
    ...rest,
  };
}

function parseReal(value: string): number {
  if (!/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(value)) throw new Error(`"${value}" is not a number`);
  return Number(value);
}

export function byteSize(types: string[], rest: Rest = {}): Shape<string> {
  return {
    schema: { type: types, examples: ["64m", "1.5g"] },
    decode: (value, at) => {
      if (typeof value === "number" && at.place?.float === true) {
        return at.warn(
          "is a fraction, which docker compose and k2-compose read as 0; write whole bytes, or 1.5g",
        );
      }
      if (typeof value === "number" || typeof value === "bigint") return String(value);
      if (typeof value !== "string") return undefined;
      return (
        parseByteSize(value) ?? at.fail(`"${value}" is not a size; sizes look like 64m, 1.5g or 1048576`)
      );
    },
    omit: (value) => nothing(value) || value === "0",
    ...rest,
  };
}

/** `zero`: "0s" is printed too. */
export function duration({ zero = true, ...rest }: Rest & { zero?: boolean } = {}): Shape<string> {
  return {
    schema: { type: "string", examples: ["10s", "1m30s"] },
    decode: (value, at) => {
      if (typeof value !== "string") return undefined;
      const parsed = parseDuration(value);
      if (typeof parsed === "bigint") return formatDuration(parsed);
      return at.fail(`"${value}" is not a duration (${parsed}); durations look like 10s, 1m30s or 2h`);
    },
    omit: zero ? nothing : (value) => nothing(value) || value === "0s",
    ...rest,
  };
}

const scalarTypes = ["string", "number", "boolean", "null"];
const pairs = eitherSchema(
  { type: "object", additionalProperties: { type: scalarTypes }, propertyNames: { minLength: 1 } },
  distinctTexts,
);

const keyOf = (entry: unknown): string =>
  typeof entry === "string" ? (entry.split("=", 1)[0] ?? "") : String(entry);

/** KEY: value, or a list of KEY=value. The value of a key without one is an empty string. */
export function pairList(rest: Rest = {}): Shape<Record<string, string>> {
  return {
    schema: pairs,
    merge: "sequence",
    index: keyOf,
    decode: (value, at) => decodePairs(value, at, ""),
    omit: noEntries,
    ...rest,
  };
}

/** As pairList, but the value of a key without one is null: it is taken from the environment. */
export function environment(rest: Rest = {}): Shape<Record<string, string | null>> {
  return {
    ...pairList(rest),
    decode: (value, at) => {
      if (isList(value)) checkKeys(value, at);
      return decodePairs(value, at, null);
    },
  };
}

function checkKeys(value: unknown[], at: At): void {
  for (const [index, entry] of value.entries()) {
    if (typeof entry === "string" && /\s$/.test(keyOf(entry))) {
      at.child(value, index).fail(
        `the name "${keyOf(entry)}" ends in a space; write "${keyOf(entry).trim()}=…"`,
      );
    }
  }
}

function decodePairs<Bare extends null | "">(
  value: unknown,
  at: At,
  bare: Bare,
): Record<string, string | Bare> | undefined {
  const result: Record<string, string | Bare> = {};
  if (isMapping(value)) {
    for (const key of Object.keys(value)) result[key] = value[key] === null ? bare : entryText(value, key);
  } else if (isList(value)) {
    for (const [index] of value.entries()) {
      const entry = entryText(value, index);
      const cut = entry.indexOf("=");
      if (cut < 0) result[entry] = bare;
      else result[entry.slice(0, cut)] = entry.slice(cut + 1);
    }
  } else if (!nothing(value)) return at.fail("must be a mapping or a list of KEY=value");
  return sortedByKey(result);
}

export function sortedByKey<T>(mapping: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(mapping).sort(([a], [b]) => compareBytes(a, b)));
}

/** Options of a driver: a mapping, whose values are converted to text. */
export function options(types: string[], rest: Rest = {}): Shape<Record<string, string>> {
  return {
    schema: { type: "object", additionalProperties: { type: types } },
    decode: (value, at) => decodePairs(value, at, ""),
    omit: noEntries,
    ...rest,
  };
}

export function command(rest: Rest = {}): Shape<string[] | null> {
  return {
    schema: eitherSchema({ type: "null" }, { type: "string" }, textList),
    merge: "replace",
    decode: (value, at) => {
      if (isList(value)) return value.map(String);
      if (typeof value !== "string") return undefined;
      return shellWords(value) ?? at.fail("a quote or bracket is left open; write the command as a list");
    },
    omit: nothing,
    absent: null,
    ...rest,
  };
}

/** Host names and their addresses, printed as a sorted list of name=address. */
export function hostList(rest: Rest = {}): Shape<string[]> {
  return {
    schema: eitherSchema(
      {
        type: "object",
        additionalProperties: eitherSchema({ type: "string" }, textList),
        propertyNames: { minLength: 1 },
      },
      { type: "array", items: { type: "string", examples: ["db=10.0.0.5"] }, uniqueItems: true },
    ),
    merge: "sequence",
    decode: (value, at) =>
      decodeHosts(value, at)
        ?.flatMap(([host, ips]) => ips.map((ip) => `${host}=${ip}`))
        .sort(),
    omit: noEntries,
    ...rest,
  };
}

function decodeHosts(value: unknown, at: At): [string, string[]][] | undefined {
  const hosts = new Map<string, string[]>();
  if (isMapping(value)) {
    for (const key of Object.keys(value))
      hosts.set(key, isList(value[key]) ? value[key].map(String) : [String(value[key] ?? "")]);
  } else if (isList(value)) {
    for (const [index, entry] of value.entries()) {
      const text = String(entry);
      const cut = text.includes("=") ? text.indexOf("=") : text.indexOf(":");
      if (cut < 0) return at.child(value, index).fail(`"${text}" has no address; write "${text}=10.0.0.5"`);
      const host = text.slice(0, cut);
      hosts.set(host, [...(hosts.get(host) ?? []), ...text.slice(cut + 1).split(",")]);
    }
  } else return undefined;
  for (const host of hosts.keys()) {
    if (host === "" || /[:=]/.test(host)) return at.fail(`"${host}" is not a host name`);
  }
  return [...hosts].map(([host, ips]) => [host, ips.map((ip) => ip.replace(/^\[(.+)\]$/, "$1"))]);
}

/** Seconds, as a number or as a duration. */
export const seconds = (doc: string): Shape<number> => ({
  doc,
  schema: { type: ["number", "string"] },
  decode: (value, at) => {
    if (typeof value === "number") return value > 0 ? value : at.fail("must be more than 0");
    if (typeof value !== "string") return undefined;
    const parsed = /^\d+(\.\d+)?$/.test(value)
      ? BigInt(Math.round(Number(value) * 1e9))
      : parseDuration(value);
    if (typeof parsed === "string")
      return at.fail(`"${value}" is not a time (${parsed}); write seconds (10) or 1m30s`);
    return parsed > 0n ? Number(parsed) / 1e9 : at.fail("must be more than 0");
  },
  omit: nothing,
});
