import { label } from "../../../provider/model/labels.js";

/** A request to create a container, network or volume, in a form that can be compared between programs. */
export interface RecordedCreate {
  path: string;
  query: Record<string, string>;
  body: unknown;
}

/**
 * Fields whose zero value has an effect. Go programs send zero values of all fields, which engines otherwise treat as
 * "not set".
 */
const zeroCounts = new Set([
  "Cmd",
  "Entrypoint",
  "MaskedPaths",
  "ReadonlyPaths",
  "Init",
  "StopTimeout",
  "IPAMConfig",
]);
/** Fields that engines fill, without effect in a request. */
const ignored = new Set(["IPAddress", "IPv6Gateway", "CheckDuplicate", "ConsoleSize"]);
/** Lists without a defined order. */
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

/** docker compose writes dependencies in no defined order. */
function userWord(name: string, value: unknown): unknown {
  return name === label.dependsOn ? String(value).split(",").sort().join(",") : value;
}

/** Whether the map's keys come from the user; an empty value is significant there. */
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
