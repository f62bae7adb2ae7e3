import { label } from "../../../provider/model/labels.js";

/** Create calls as data that two programs' bodies can be compared by. */
export interface RecordedCreate {
  path: string;
  query: Record<string, string>;
  body: unknown;
}

/** Bodies written by Go spell out zero values, which engines take as "not set": all but these. */
const zeroCounts = new Set([
  "Cmd",
  "Entrypoint",
  "MaskedPaths",
  "ReadonlyPaths",
  "Init",
  "StopTimeout",
  "IPAMConfig",
]);
/** Filled by engines, and without effect in a request. */
const ignored = new Set(["IPAddress", "IPv6Gateway", "CheckDuplicate", "ConsoleSize"]);
/** Sets that Go programs write in any order. */
const unordered = new Set(["Links", "Env", "ExtraHosts", "Ulimits", "Binds", "Mounts"]);

export function comparable(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => comparable(item) ?? null);
    return unordered.has(key)
      ? items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
      : items;
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .filter(([name]) => !ignored.has(name))
    .map(([name, part]) => [name, keepsKeys(key) ? userWord(name, part) : comparable(part, name)] as const)
    .filter(([name, part]) => keepsKeys(key) || isSet(name, part));
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** docker compose writes dependencies in any order. */
function userWord(name: string, value: unknown): unknown {
  return name === label.dependsOn ? String(value).split(",").sort().join(",") : value;
}

/** Maps of the user's own words: an empty label is a label. */
function keepsKeys(key: string): boolean {
  return [
    "Labels",
    "Annotations",
    "Options",
    "DriverOpts",
    "Sysctls",
    "StorageOpt",
    "Tmpfs",
    "ExposedPorts",
    "Config",
  ].includes(key);
}

function isSet(name: string, value: unknown): boolean {
  if (value === null || value === undefined) return false;
  if (zeroCounts.has(name)) return true;
  if (typeof value === "object") return Object.keys(value).length > 0;
  return value !== "" && value !== 0 && value !== false;
}
