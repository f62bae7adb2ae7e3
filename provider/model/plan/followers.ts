/** Tells each service which others restart after it, for the time when its update fails and Pulumi does not reach them. */
import { isKind, type PlanNode, Ref } from "./node.js";
import { hostRef } from "../host-ref.js";
import type { Follower } from "../kinds.js";

export function withFollowers(nodes: PlanNode[]): PlanNode[] {
  const byLeader = new Map<string, Follower[]>();
  const services = nodes.filter(isKind("service"));
  for (const { inputs, context } of services) {
    const { service, pre_stop, post_start } = inputs;
    const host = hostRef(inputs.host);
    const follower = { service, host, ...(pre_stop && { pre_stop }), ...(post_start && { post_start }) };
    for (const ids of Object.values(context.restarts ?? {}))
      if (ids instanceof Ref) byLeader.set(ids.node, [...(byLeader.get(ids.node) ?? []), follower]);
  }
  for (const { id, context } of services) {
    const followers = byLeader.get(id);
    if (followers) context.followers = followers;
  }
  return nodes;
}
