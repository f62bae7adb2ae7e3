/** Inputs that older versions did not write: a new version of k2-compose alone changes no resource. Pure. */
import { isDeepStrictEqual } from "node:util";

/** Whether the inputs differ from the deployed ones only in such an input. */
export function isOfOlderVersion(inputs: { executable?: unknown }, deployed: object): boolean {
  if (inputs.executable === undefined || "executable" in deployed) return false;
  const { executable: _new, ...rest } = inputs;
  return isDeepStrictEqual(plain(rest), plain(deployed));
}

/** As JSON stores it. Pulumi ignores null. */
function plain(value: object): unknown {
  return JSON.parse(JSON.stringify(value, (_, item: unknown) => item ?? undefined));
}
