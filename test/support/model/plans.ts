/** Plans of projects and of small files. */
import assert from "node:assert/strict";
import type { Project } from "../../../provider/compose/types.js";
import type { ServiceContext } from "../../../provider/model/kinds.js";
import { place } from "../../../provider/model/placement/place.js";
import { type Plan, type PlanNode, type PlanOptions, Ref } from "../../../provider/model/plan/node.js";
import { withoutSwarmServices } from "../../../provider/model/plan/swarm.js";
import { plan, printPlan } from "../../../provider/model/plan/plan.js";
import { loaded } from "./project.js";

/** Returns the plan of a project whose configs and secrets have no contents. */
export function planned(project: Project, options: Partial<PlanOptions> = {}): Plan {
  const placement = place(withoutSwarmServices(project));
  return plan(project, { placement, contents: { configs: {}, secrets: {} }, ...options });
}

interface FileOptions extends Partial<PlanOptions> {
  profiles?: string[];
}

export async function planOf(source: string, { profiles, ...options }: FileOptions = {}): Promise<Plan> {
  return planned(await loaded(source, profiles), options);
}

export async function printedPlanOf(source: string, profiles?: string[]): Promise<string> {
  return `\n${printPlan(await planOf(source, { profiles }))}\n`;
}

/** A build as the plan reads it from the folder. */
export const buildOf = (context: string, rest = {}) => ({
  inputs: { context, ...rest },
  definition: { context: `/shop/${context}`, ...rest },
  secrets: { key: "k" },
});

export function nodeOf({ nodes }: Plan, id: string): PlanNode {
  const found = nodes.find((node) => node.id === id);
  assert.ok(found, `no ${id} in ${nodes.map((node) => node.id).join(", ")}`);
  return found;
}

/** Returns the context of a service, with references typed as values. */
export function contextOf(made: Plan, service: string): ServiceContext {
  return nodeOf(made, `service ${service}`).context as ServiceContext;
}

/** Returns everything in a plan, in lines that each begin with the id of a node. */
export function printedNodes({ nodes }: Plan): string[] {
  return nodes.flatMap(({ id, inputs, context, dependsOn, optional, secret }) =>
    Object.entries({ inputs, context, after: dependsOn, optional, secret })
      .filter(([, value]) => value !== undefined && Object.keys(value).length > 0)
      .map(([part, value]) => `${id} ${part}: ${Array.isArray(value) ? value.join(", ") : textOf(value)}`),
  );
}

/** Returns the lines of a plan that another one does not have. */
export function newLines(plan: Plan, before: Plan): string[] {
  const known = new Set(printedNodes(before));
  return printedNodes(plan).filter((line) => !known.has(line));
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    item instanceof Ref ? `<${item.node}: ${item.output}>` : item,
  );
}
