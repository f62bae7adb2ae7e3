/** `config --variables`: what a file asks its surroundings for. */
import { toYaml } from "../../provider/compose/dump.js";
import { variablesIn, type Variable } from "../../provider/compose/substitute.js";

export function modelVariables(model: unknown, format: "yaml" | "json"): string {
  const found = new Map<string, Variable>();
  collect(model, found);
  const sorted = [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  if (format === "json") {
    return `${JSON.stringify(Object.fromEntries(sorted.map((variable) => [variable.name, variable])), undefined, 2)}\n`;
  }
  return toYaml(Object.fromEntries(sorted.map(({ name, ...rest }) => [name, rest])));
}

/** A variable that is used twice is required if one use requires it, and has the default that one use gives. */
function collect(value: unknown, found: Map<string, Variable>): void {
  if (typeof value === "object" && value !== null)
    for (const entry of Object.values(value)) collect(entry, found);
  if (typeof value !== "string") return;
  for (const variable of variablesIn(value)) {
    const known = found.get(variable.name);
    found.set(variable.name, {
      name: variable.name,
      required: variable.required || known?.required === true,
      default_value: known?.default_value || variable.default_value,
      presence_value: known?.presence_value || variable.presence_value,
    });
  }
}
