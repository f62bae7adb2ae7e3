/** A plan as JSON and back, for who runs it in another process; and with values in the place of placeholders. */
import { randomUUID } from "node:crypto";
import type { ImageContext, ServiceInputs } from "../kinds.js";
import { type Plan, type PlanNode, Ref } from "./node.js";

const mark = "k2-compose.ref";

export function planToJson(plan: Plan): unknown {
  return convert(plan, (value) =>
    value instanceof Ref ? { [mark]: [value.node, value.output] } : undefined,
  );
}

export function planFromJson(json: unknown): Plan {
  return convert(json, (value) => {
    if (typeof value !== "object") return undefined;
    const ref = (value as Record<string, unknown>)[mark];
    // A file may use the same word as a key, though not for a list.
    return Array.isArray(ref) ? new Ref(String(ref[0]), String(ref[1])) : undefined;
  }) as Plan;
}

/**
 * Contents of secrets, of services and of builds, become placeholders. `within`: placeholders of the caller; a content
 * that holds one of them stays, because it is no value yet.
 */
export function hideSecrets(
  plan: Plan,
  within: string[] = [],
): { plan: Plan; secrets: Record<string, string> } {
  const secrets: Record<string, string> = {};
  // Not to be guessed: no text of a file can be taken for one.
  const prefix = `k2-secret-${randomUUID()}`;
  const hide = (contents: Record<string, string>) => {
    // All of it may be one placeholder of the caller.
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
  const nodes = plan.nodes.map((node) => {
    const { secret_contents } = node.inputs as Partial<ServiceInputs>;
    const { build } = node.context as Partial<Pick<ImageContext, "build">>;
    return {
      ...node,
      ...(secret_contents && { inputs: { ...node.inputs, secret_contents: hide(secret_contents) } }),
      ...(build && { context: { ...node.context, build: { ...build, secrets: hide(build.secrets) } } }),
    } as PlanNode;
  });
  return { plan: { ...plan, nodes }, secrets };
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
