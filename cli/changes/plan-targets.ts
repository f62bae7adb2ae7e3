/** Resources of the plan that a run with named services targets. */
import { resourceKinds, typeOf } from "../../provider/model/kinds.js";
import { swarmName } from "../../provider/compose/resolve/swarm.js";
import { isRemoval } from "./leaving.js";
import type { Change } from "../../provider/model/changes/compare.js";
import { followersOf } from "../../provider/model/changes/followers.js";
import { isKind, type Plan, type PlanNode } from "../../provider/model/plan/node.js";
import { withNeeds } from "../../provider/model/plan/dependencies.js";
import type { StackState } from "../../provider/model/stack-state.js";
import { select } from "../arguments/select.js";
import type { Workspace } from "../application/workspace.js";

/** IDs of the services' nodes and everything they depend on; with --no-deps only what they need directly. */
export function targetIds(plan: Plan, patterns: string[], dependencies: boolean): Set<string> {
  const nodes = new Map(plan.nodes.map((node) => [node.id, node]));
  const names = new Set(
    select(patterns, servicesOf(plan)).map(({ service, host }) => `${service}@${host.name}`),
  );
  const isNamed = (id: string) => names.has(id.slice(id.indexOf(" ") + 1));
  const isService = (id: string) => /^(service|healthCheck|swarmService) /.test(id);
  const named = [...nodes.keys()].filter((id) => isService(id) && isNamed(id));
  return withNeeds(nodes, named, (other) => dependencies || !isService(other) || isNamed(other));
}

/** Excludes dependencies. */
export function servicesNamed(plan: Plan, patterns: string[]): string[] {
  return [...new Set(select(patterns, servicesOf(plan)).map(({ service }) => service))];
}

/** Services of the swarm are on the host "swarm". */
function servicesOf({ nodes }: Plan): { service: string; host: { name: string } }[] {
  const onSwarm = nodes.filter(isKind("swarmService"));
  return [
    ...nodes.filter(isKind("service")).map(({ inputs }) => inputs),
    ...onSwarm.map(({ inputs: { service } }) => ({ service, host: { name: swarmName } })),
  ];
}

interface Targeted {
  plan: Plan;
  workspace: Workspace;
  state: StackState | undefined;
  /** Leaves out nodes that do not change. */
  changes?: Change[];
}

/** Exact URNs, because `--target` refuses globs for resources that are not in the state. */
export function targetUrns({ plan, workspace, state, changes = [] }: Targeted, ids: Set<string>): string[] {
  const same = new Set(changes.filter(({ action }) => action === "same").map(({ id }) => id));
  const about = plan.nodes.filter(({ id }) => ids.has(id));
  const changing = about.filter(({ id }) => !same.has(id));
  const urns = (changing.length > 0 ? changing : about).map((node) => urnOf(node, workspace));
  return [...(isNew(state) ? [`${projectType(workspace)}::project`] : []), ...urns];
}

/** Nothing is deployed yet, not even the project, of which all resources are a part. */
export function isNew(state: StackState | undefined): boolean {
  return state === undefined || state.hosts.length === 0;
}

/** For a run with targets: the removals, and what depends on them. */
export function removalUrns({ changes, dependents }: { changes: Change[]; dependents: string[] }): string[] {
  const removed = changes.flatMap(({ action, urn }) => (isRemoval(action) && urn !== undefined ? urn : []));
  return [...removed, ...dependents];
}

/** Options of `pulumi up`. */
export function targetArguments(urns: readonly string[]): string[] {
  return urns.flatMap((urn) => ["--target", urn]);
}

export function urnOf({ kind, name }: Pick<PlanNode, "kind" | "name">, workspace: Workspace): string {
  return `${projectType(workspace)}$${typeOf(resourceKinds[kind])}::${name}`;
}

function projectType({ project, stack }: Workspace): string {
  return `urn:pulumi:${stack}::${project}::k2:index:Project`;
}

/** IDs of the services that follow changed services of a run, and of their needs. */
export function followerIds(plan: Plan, changes: Change[], ids: ReadonlySet<string>): Set<string> {
  const nodes = new Map(plan.nodes.map((node) => [node.id, node]));
  const followers = new Set(
    followersOf(plan, changes, ids).flatMap((id) => [id, id.replace("service ", "healthCheck ")]),
  );
  const isFollowed = (other: string) =>
    !/^(service|healthCheck|swarmService) /.test(other) || followers.has(other);
  return withNeeds(nodes, [...followers], isFollowed);
}
