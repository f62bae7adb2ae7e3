/** Named services -> the resources of the plan that a run is about. */
import type { ServiceInputs } from "../../provider/model/inputs.js";
import type { Plan } from "../../provider/model/plan.js";
import { withNeeds } from "../../provider/model/plan-dependencies.js";
import { select } from "../select.js";
import type { Workspace } from "./workspace.js";

/** Ids of the services' nodes and of all that those come after; without dependencies only their own needs. */
export function targetIds(plan: Plan, patterns: string[], dependencies: boolean): Set<string> {
  const nodes = new Map(plan.nodes.map((node) => [node.id, node]));
  const names = new Set(
    select(patterns, servicesOf(plan)).map(({ service, host }) => `${service}@${host.name}`),
  );
  const isNamed = (id: string) => names.has(id.slice(id.indexOf(" ") + 1));
  const isService = (id: string) => /^(service|healthCheck) /.test(id);
  const named = [...nodes.keys()].filter((id) => isService(id) && isNamed(id));
  return withNeeds(nodes, named, (other) => dependencies || !isService(other) || isNamed(other));
}

/** Without what they depend on. */
export function servicesNamed(plan: Plan, patterns: string[]): string[] {
  return [...new Set(select(patterns, servicesOf(plan)).map(({ service }) => service))];
}

function servicesOf(plan: Plan): ServiceInputs[] {
  return plan.nodes.filter(({ kind }) => kind === "service").map(({ inputs }) => inputs as ServiceInputs);
}

/** Exact URNs, the project's own among them: `--target` refuses what is not in state yet. */
export function targetArguments(plan: Plan, ids: Set<string>, { project, stack }: Workspace): string[] {
  const prefix = `urn:pulumi:${stack}::${project}::k2:index:Project`;
  const urns = plan.nodes
    .filter(({ id }) => ids.has(id))
    .map(
      ({ kind, name }) =>
        `${prefix}$pulumi-nodejs:dynamic/k2:${kind[0]!.toUpperCase()}${kind.slice(1)}::${name}`,
    );
  return [`${prefix}::project`, ...urns].flatMap((urn) => ["--target", urn]);
}
