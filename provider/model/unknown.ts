/** The placeholder that Pulumi uses in previews for a value that is not known before its resource exists. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Returns whether the value is unknown, or contains an unknown value. */
export function isUnknown(value: unknown): boolean {
  if (value === unknown) return true;
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some(isUnknown);
}

/** Returns whether the value is unknown or missing, because the resource that computes it has failed in this run. */
export function isOpen(value: unknown): boolean {
  return value === undefined || isUnknown(value);
}
