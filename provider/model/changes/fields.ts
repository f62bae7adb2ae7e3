/** The leaves in which two inputs differ, in compose terms. */
import { entryPath } from "../input-paths.js";
import { secret } from "../stack-state.js";

export interface Field {
  /** "environment.GREETING", "ports[0].published" */
  path: string;
  /** Undefined if the leaf is new. */
  before: unknown;
  /** Undefined if the leaf is removed. */
  after: unknown;
}

export function changedFields(before: unknown, after: unknown, path = ""): Field[] {
  if (before === after) return [];
  if (isMap(before) && isMap(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) => changedFields(before[key], after[key], entryPath(path, key)));
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const length = Math.max(before.length, after.length);
    return Array.from({ length }, (_, at) =>
      changedFields(before[at], after[at], entryPath(path, at)),
    ).flat();
  }
  return [{ path, before, after }];
}

/** `image: "redis:7" => "redis:8"`, as Pulumi prints it. */
export function printField({ path, before, after }: Field): string {
  if (before === undefined) return `+ ${path}: ${printValue(after)}`;
  if (after === undefined) return `- ${path}: ${printValue(before)}`;
  return `~ ${path}: ${printValue(before)} => ${printValue(after)}`;
}

/** Long values are cut. */
function printValue(value: unknown): string {
  if (value === secret) return secret;
  const text = JSON.stringify(value) ?? "null";
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
