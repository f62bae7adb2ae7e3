/** Services whose containers must be replaced or restarted after those of another: docs/decisions/lent-namespaces.md */
import type { ServiceContext } from "../kinds.js";
import { isKind, type NodeOf, type Plan, refsIn } from "../plan/node.js";
import { reason, type Reason } from "../reasons.js";
import { type Operations, operationsOf } from "../reconcile/operations.js";
import { isUnknown } from "../unknown.js";

/** The future of a service's present containers, if they are not replaced. */
export type Fate = "kept" | "restarted";

export function fateOf({ imageId, shares }: ServiceContext, operations: Operations): Fate | undefined {
  if (isUnknown(imageId) || isUnknown(shares)) return undefined;
  const all = operationsOf(operations);
  if (all.some(({ op }) => op === "create" || op === "remove")) return undefined;
  return all.some(({ op }) => op === "start") ? "restarted" : "kept";
}

/** A container that starts again has new namespaces. `fate`: of another service on the same host. */
export function restartedLenders(
  { shares }: Pick<ServiceContext, "shares">,
  fate: (service: string) => Fate | undefined,
): Reason[] {
  const restarted = Object.keys(shares).filter((name) => fate(name) === "restarted");
  return restarted.map((name) =>
    reason("lost-namespace", name, `${name}, whose namespaces it shares, starts again: will be restarted`),
  );
}

/** The part of a change that matters to followers. `urn`: absent for a service that is not deployed. */
interface ChangeOfLeader {
  id: string;
  urn?: string;
  action: string;
  fate?: Fate;
}

/**
 * Ids of deployed services that follow services among `ids`, also indirectly: those in their namespaces if the containers
 * start again, and those with `restart: true` if the containers are replaced.
 */
export function followersOf(plan: Plan, changes: ChangeOfLeader[], ids: ReadonlySet<string>): string[] {
  const byId = new Map(changes.map((change) => [change.id, change]));
  const reached = new Set(ids);
  const found: string[] = [];
  // The leaders of a service precede it.
  for (const node of plan.nodes.filter(isKind("service"))) {
    if (reached.has(node.id) || byId.get(node.id)?.urn === undefined) continue;
    const isFollowing = leadersOf(node).some(({ id, shares }) => {
      const leader = reached.has(id) ? byId.get(id) : undefined;
      if (!leader || ["same", "encrypt"].includes(leader.action)) return false;
      return leader.fate === undefined || (shares && leader.fate === "restarted");
    });
    if (!isFollowing) continue;
    reached.add(node.id);
    found.push(node.id);
  }
  return found;
}

/** Ids of the services in whose namespaces a service is, or with which it restarts. */
export function leadersOf({
  context,
}: Pick<NodeOf<"service">, "context">): { id: string; shares: boolean }[] {
  return [
    ...refsIn(context.shares).map(({ node }) => ({ id: node, shares: true })),
    ...refsIn(context.restarts).map(({ node }) => ({ id: node, shares: false })),
  ];
}
