/** A plan as JSON and back, for who runs it in another process; and with values in the place of placeholders. */
import { type Plan } from "./node.js";
import { Ref } from "./node.js";

const mark = "k2-compose.ref";

export function planToJson(plan: Plan): unknown {
  return convert(plan, (value) =>
    value instanceof Ref ? { [mark]: [value.node, value.output] } : undefined,
  );
}

export function planFromJson(json: unknown): Plan {
  return convert(json, (value) => {
    if (typeof value !== "object") return undefined;
    const ref = (value as Record<string, unknown>)[mark] as [string, string] | undefined;
    return ref && new Ref(...ref);
  }) as Plan;
}

/** Strings that are a placeholder become what it stands for. */
export function withValues(plan: Plan, values: Record<string, unknown>): Plan {
  return convert(plan, (value) => {
    if (value instanceof Ref) return value;
    return typeof value === "string" && Object.hasOwn(values, value) ? values[value] : undefined;
  }) as Plan;
}

/** What `of` returns stands in a value's place; undefined: it is looked into. */
function convert(value: unknown, of: (value: object | string) => unknown): unknown {
  if ((typeof value !== "object" && typeof value !== "string") || value === null) return value;
  const other = of(value);
  if (other !== undefined || typeof value === "string") return other ?? value;
  if (Array.isArray(value)) return value.map((item) => convert(item, of));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, convert(item, of)]));
}
