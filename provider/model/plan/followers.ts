/** Tells each service which others restart after it, for the time when its update fails and Pulumi does not reach them. */
import { isKind, type PlanNode, Ref } from "./node.js";
import { hostRef } from "../host-ref.js";
import type { Follower } from "../kinds.js";
import { withHooks } from "../reconcile/namespaces.js";
import { addTo } from "../../shared/grouped.js";

export function withFollowers(nodes: PlanNode[]): PlanNode[] {
  const byLeader = new Map<string, Follower[]>();
  const services = nodes.filter(isKind("service"));
  for (const { inputs, context } of services) {
    const follower = { ...withHooks(inputs.service, inputs), host: hostRef(inputs.host) };
    for (const ids of Object.values(context.restarts ?? {}))
      if (ids instanceof Ref) addTo(byLeader, ids.node, follower);
  }
  for (const { id, context } of services) {
    const followers = byLeader.get(id);
    if (followers) context.followers = followers;
  }
  return nodes;
}
