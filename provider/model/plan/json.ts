/** Converts a plan to JSON and back, for a run in another process; and replaces placeholders by values. */
import { randomUUID } from "node:crypto";
import { type Plan, type PlanNode, Ref } from "./node.js";

const mark = "k2-compose.ref";

export function planToJson(plan: Plan): unknown {
  return convert(plan, (value) =>
    value instanceof Ref ? { [mark]: [value.node, value.output] } : undefined,
  );
}

export function planFromJson(json: unknown): Plan {
  return convert(json, (value) => {
    const ref = typeof value === "object" && mark in value ? value[mark] : undefined;
    // A file may use the same word as a key, but not for a list.
    return Array.isArray(ref) ? new Ref(String(ref[0]), String(ref[1])) : undefined;
  }) as Plan;
}

/**
 * Replaces contents of secrets, of services and of builds, by placeholders. `within`: placeholders of the caller; a
 * content that contains one of them is kept, because it is not a value yet.
 */
export function hideSecrets(
  plan: Plan,
  within: string[] = [],
): { plan: Plan; secrets: Record<string, string> } {
  const secrets: Record<string, string> = {};
  // Unguessable, so that no text of a file matches it.
  const prefix = `k2-secret-${randomUUID()}`;
  const hide = (contents: Record<string, string>) => {
    // The complete content may be one placeholder of the caller.
    if (typeof contents !== "object") return contents;
    return Object.fromEntries(
      Object.entries(contents).map(([name, content]) => {
        if (typeof content !== "string" || within.some((one) => content.includes(one)))
          return [name, content];
        const placeholder = `{{${prefix}-${Object.keys(secrets).length}}}`;
        secrets[placeholder] = content;
        return [name, placeholder];
      }),
    );
  };
  const nodes = plan.nodes.map((node): PlanNode => {
    if (node.kind === "service" && node.inputs.secret_contents) {
      const { secret_contents } = node.inputs;
      return { ...node, inputs: { ...node.inputs, secret_contents: hide(secret_contents) } };
    }
    if (node.kind === "swarmSecret" && node.inputs.secret_contents) {
      const { secret_contents } = node.inputs;
      return { ...node, inputs: { ...node.inputs, secret_contents: hide(secret_contents) } };
    }
    if (node.kind === "image" && node.context.build) {
      const { build } = node.context;
      return { ...node, context: { ...node.context, build: { ...build, secrets: hide(build.secrets) } } };
    }
    return node;
  });
  return { plan: { ...plan, nodes }, secrets };
}

/** Replaces strings that are a placeholder by its value. */
export function withValues(plan: Plan, values: Record<string, unknown>): Plan {
  return convert(plan, (value) => {
    if (value instanceof Ref) return value;
    return typeof value === "string" && Object.hasOwn(values, value) ? values[value] : undefined;
  }) as Plan;
}

/** Replaces placeholders within the texts of inputs and context by their values, as the registration of the plan does. */
export function withTexts(plan: Plan, values: Map<string, string>): Plan {
  const fill = (text: string) =>
    [...values].reduce((filled, [placeholder, value]) => filled.replaceAll(placeholder, () => value), text);
  return {
    ...plan,
    nodes: plan.nodes.map((node) => {
      const { inputs, context } = node;
      const filled = convert({ inputs, context }, (value) => {
        if (value instanceof Ref) return value;
        return typeof value === "string" ? fill(value) : undefined;
      });
      return Object.assign({ ...node }, filled);
    }),
  };
}

/** Replaces a value by the result of `of`; if that is undefined, converts the values inside it. */
function convert(value: unknown, of: (value: object | string) => unknown): unknown {
  if ((typeof value !== "object" && typeof value !== "string") || value === null) return value;
  const other = of(value);
  if (other !== undefined || typeof value === "string") return other ?? value;
  if (Array.isArray(value)) return value.map((item) => convert(item, of));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, convert(item, of)]));
}
