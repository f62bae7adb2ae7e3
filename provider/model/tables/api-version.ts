/** Negative, zero or positive: "1.9" is older than "1.41". */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [left, right].map((version) => version.split(".").map(Number));
  return (a?.[0] ?? 0) - (b?.[0] ?? 0) || (a?.[1] ?? 0) - (b?.[1] ?? 0);
}

/** Whether an engine's API version is `wanted` or newer. */
export function atLeast(apiVersion: string, wanted: string): boolean {
  return compareVersions(apiVersion, wanted) >= 0;
}
