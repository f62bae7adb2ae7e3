/** The resources that a run registers. Pure. */
import { type DeployedResource, DeployedResources } from "../../provider/model/changes/compare.js";
import { nodesInOrder } from "../../provider/model/history/restore-plan.js";
import type { DeployedContainer } from "../../provider/model/kinds.js";
import { type Plan, type PlanNode, refsIn, type Registration } from "../../provider/model/plan/node.js";
import type { StackState } from "../../provider/model/stack-state.js";
import { reachable } from "../../provider/shared/dependency-order.js";
import { addTo } from "../../provider/shared/grouped.js";
import type { Workspace } from "../application/workspace.js";
import type { ComputedChanges } from "./compute-changes.js";
import { isRemoval } from "./leaving.js";
import { isNew, removalUrns, targetUrns, urnOf } from "./plan-targets.js";

export interface Registrations {
  plan: Plan;
  /** Resources in the state that left the file. Their inputs come from the state. */
  staying: Registration[];
  /** Containers of the plan's other services, by "service@host", for the outputs of the stack. */
  deployed: Record<string, DeployedContainer[]>;
}

interface Deployment {
  plan: Plan;
  state: StackState | undefined;
  workspace: Workspace;
}

/**
 * The part of a plan that a run registers. Without targets, this is the whole plan; with targets: these, what depends on them,
 * and what all of these need. Pulumi keeps other resources as they are, but would remove unregistered dependents of a
 * target, and refuse a state in which a resource comes before one that it depends on.
 */
export function registrationsFor(
  { plan, state, workspace }: Deployment,
  targets: readonly string[],
): Registrations {
  if (targets.length === 0) return { plan, staying: [], deployed: {} };
  const targeted = new Set(targets);
  const all = new DeployedResources(state).all();
  const isTargeted = (node: PlanNode) => targeted.has(urnOf(node, workspace));
  const ids = [
    ...plan.nodes.filter(isTargeted).map(({ id }) => id),
    ...all.filter(({ last: { urn } }) => targeted.has(urn)).map(({ id }) => id),
  ];
  const needs = needsIn(plan, all);
  const dependents = new Map<string, string[]>();
  for (const [id, list] of needs) for (const need of list) addTo(dependents, need, id);
  const registered = reachable(
    reachable(ids, (id) => dependents.get(id) ?? []),
    (id) => needs.get(id) ?? [],
  );
  // In a new stack, the project itself is a target, and every resource depends on it.
  const isPart = ({ id }: { id: string }) => isNew(state) || registered.has(id);
  const others = new Set(plan.nodes.filter((node) => !isPart(node)).map(({ id }) => id));
  return {
    plan: { ...plan, nodes: plan.nodes.filter(isPart) },
    staying: registrationsToKeep({ plan, state }, targets).filter(isPart),
    deployed: Object.fromEntries(
      (state?.services ?? [])
        .filter(({ name }) => others.has(`service ${name}`))
        .map(({ name, outputs }) => [name, outputs.containers ?? []]),
    ),
  };
}

/** The resources in the state that left the file, except those that the run removes because `targets` names them. */
export function registrationsToKeep(
  { plan, state }: Pick<Deployment, "plan" | "state">,
  targets: readonly string[] = [],
): Registration[] {
  const planned = new Set(plan.nodes.map(({ id }) => id));
  const gone = new DeployedResources(state)
    .all()
    .filter(({ id, last }) => !planned.has(id) && !targets.includes(last.urn));
  return nodesInOrder(
    gone.map(({ id, kind, last: { name, dependsOn } }) => ({
      ...{ id, kind, name, dependsOn },
      ...{ inputs: {}, context: {} },
    })),
  );
}

/** The dependencies of each resource, according to the plan or to the state. */
function needsIn({ nodes }: Plan, deployed: DeployedResource[]): Map<string, string[]> {
  const needs = new Map<string, string[]>();
  for (const { id, dependsOn, optional = [], context } of nodes)
    needs.set(id, [...dependsOn, ...optional, ...refsIn(context).map(({ node }) => node)]);
  for (const { id, last } of deployed) needs.set(id, [...(needs.get(id) ?? []), ...last.dependsOn]);
  return needs;
}

/**
 * The targets of a run; empty for a run that registers the whole plan. A run of all changes has targets if they concern the smaller
 * part of the plan: registering a resource costs Pulumi and the program some milliseconds, even if it is unchanged. Resources
 * that read outputs of changed ones are targets too.
 */
export function targetsOf(seen: ComputedChanges): string[] {
  if (seen.isPartial) return [...targetUrns(seen, seen.ids), ...removalUrns(seen)];
  const { plan, changes, state, registered } = seen;
  if (!registered || isNew(state) || changes.some(({ action }) => isRemoval(action))) return [];
  const changed = changes.filter(({ action }) => action !== "same").map(({ id }) => id);
  const targets = targetUrns({ ...seen, changes: [] }, withReaders(plan, changed));
  const { nodes } = registrationsFor(seen, targets).plan;
  return changed.length > 0 && nodes.length <= plan.nodes.length / 2 ? targets : [];
}

/** Includes the resources that read outputs of those, directly or through others. */
function withReaders({ nodes }: Plan, ids: string[]): Set<string> {
  const readers = new Map<string, string[]>();
  for (const { id, context } of nodes) for (const { node } of refsIn(context)) addTo(readers, node, id);
  return reachable(ids, (id) => readers.get(id) ?? []);
}
