/** What Pulumi puts, in a preview, where a value is not known before its resource is there. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Is it, or does it hold, a value that is not known yet? */
export function isUnknown(value: unknown): boolean {
  if (value === unknown) return true;
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some(isUnknown);
}

/** Not known, or not there: what it is taken from has failed in this run. */
export function isOpen(value: unknown): boolean {
  return value === undefined || isUnknown(value);
}
