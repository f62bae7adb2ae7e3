import type { Service } from "../../compose/types.js";
import type { ServiceInputs } from "../../model/kinds.js";

/** Variables of the file whose values differ in the container; the image's own are ignored. */
export function changedEnvironment(
  state: Pick<ServiceInputs, "environment">,
  env: string[],
): Service["environment"] | undefined {
  if (!state.environment) return undefined;
  const values = new Map(
    env.map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]),
  );
  const wrong = Object.entries(state.environment).filter(
    ([name, value]) => value !== null && values.get(name) !== value,
  );
  if (wrong.length === 0) return undefined;
  return {
    ...state.environment,
    ...Object.fromEntries(wrong.map(([name]) => [name, values.get(name) ?? null])),
  };
}
