/** Removes secrets from changes that were computed with secrets in clear text, for previews. */
import type { Change } from "../../provider/model/changes/compare.js";
import { secret } from "../../provider/model/stack-state.js";

export function maskSecrets(changes: Change[], secrets: Record<string, unknown>): Change[] {
  const hidden = new Set(Object.values(secrets).flatMap(parts));
  const mask = (value: unknown) => (parts(value).some((part) => hidden.has(part)) ? secret : value);
  return changes.map((change) => ({
    ...change,
    fields: change.fields.map(({ path, before, after }) => ({ path, before, after: mask(after) })),
  }));
}

/** Walks a value and everything in it. */
function parts(value: unknown): string[] {
  const within = typeof value === "object" && value !== null ? Object.values(value).flatMap(parts) : [];
  return value === undefined ? [] : [JSON.stringify(value), ...within];
}
