/** `config --variables`: variables that the file uses. */
import { toYaml } from "../../provider/compose/output/yaml-text.js";
import { variablesIn, type Variable } from "../../provider/compose/interpolate/substitute.js";
import { list } from "../terminal/table.js";

export function modelVariables(model: unknown, format?: "yaml" | "json"): string {
  const found = new Map<string, Variable>();
  collect(model, found);
  const sorted = [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  if (format === undefined) return `${table(sorted)}\n`;
  const byName = Object.fromEntries(sorted.map((variable) => [variable.name, asDockerPrints(variable)]));
  return format === "json" ? `${JSON.stringify(byName, undefined, 2)}\n` : toYaml(byName);
}

function asDockerPrints({
  name,
  required,
  default_value,
  presence_value,
}: Variable): Record<string, unknown> {
  return { Name: name, DefaultValue: default_value, PresenceValue: presence_value, Required: required };
}

function table(variables: Variable[]): string {
  const rows = variables.map((one) => [
    one.name,
    String(one.required),
    one.default_value,
    one.presence_value,
  ]);
  return list({ head: ["NAME", "REQUIRED", "DEFAULT VALUE", "ALTERNATE VALUE"], rows });
}

/**
 * A variable that occurs several times is required if one occurrence requires it, and has the default of an
 * occurrence that gives one.
 */
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
