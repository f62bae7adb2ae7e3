/** How a host stands to the swarm: what its engine reports, held against the swarm's list of nodes. */
import type { SwarmMember } from "../../observed.js";
import type { ObservedNode } from "../observed.js";
import { swarmLabel } from "../swarm-labels.js";
import type { Refusal } from "./operations.js";
import type { ClusterInput } from "./wanted.js";

export type Standing =
  /** `pending`: an earlier attempt to join continues in the background, and is ended first. */
  | { is: "outside"; pending: boolean }
  | { is: "locked"; node?: ObservedNode }
  /** `away`: the engine does not answer, but its node is in the list. */
  | { is: "member"; node: ObservedNode; away?: true }
  | { is: "away" }
  | { is: "refused"; refusal: Refusal };

/** `nodes`: those of the swarm; empty if none can be asked. */
export function standingOf(
  host: string,
  input: Pick<ClusterInput, "members" | "known" | "hasUnlockKey">,
  nodes: ObservedNode[],
): Standing {
  const member = input.members[host];
  const node = nodeOf(host, member, input, nodes);
  if (member === undefined) return node === undefined ? { is: "away" } : { is: "member", node, away: true };
  switch (member.state) {
    case "inactive":
    case "pending":
      return member.liveRestore
        ? refused(host, liveRestore)
        : { is: "outside", pending: member.state === "pending" };
    case "locked":
      return input.hasUnlockKey
        ? { is: "locked", ...(node !== undefined && { node }) }
        : refused(host, locked);
    case "error":
      return refused(host, engineError(member));
    case "active":
      return node === undefined ? refused(host, otherSwarm(member, nodes)) : { is: "member", node };
  }
}

/** An engine that answers knows its node. For one that does not, the state knows it, or the node's label. */
function nodeOf(
  host: string,
  member: SwarmMember | undefined,
  { known }: Pick<ClusterInput, "known">,
  nodes: ObservedNode[],
): ObservedNode | undefined {
  if (member !== undefined) return nodes.find(({ id }) => id === member.nodeId);
  const id = known?.nodes[host]?.id;
  return nodes.find((node) => node.id === id) ?? nodes.find((node) => node.labels[swarmLabel.host] === host);
}

function refused(host: string, refusal: Omit<Refusal, "host">): Standing {
  return { is: "refused", refusal: { ...refusal, host } };
}

const liveRestore: Omit<Refusal, "host"> = {
  ...{ code: "live-restore", error: "unsupported" },
  what: "the engine runs with live-restore, which excludes Swarm mode",
  hint: 'Remove "live-restore" from the configuration of its daemon, and restart it.',
};

const locked: Omit<Refusal, "host"> = {
  ...{ code: "locked", error: "refused" },
  what: "the manager is locked, and the state has no key",
  hint: "Run `docker swarm unlock` on it, with the key from `docker swarm unlock-key`.",
};

function engineError({ error = "" }: SwarmMember): Omit<Refusal, "host"> {
  return {
    ...{ code: "engine-error", error: "engine" },
    what: `the engine cannot take part in its swarm: ${error}`,
    hint: "If its certificate has expired, run `docker swarm leave --force` on it: then it joins again.",
  };
}

/** A worker does not know the id of its swarm: only the list of nodes decides. */
function otherSwarm({ managers, control, error }: SwarmMember, nodes: ObservedNode[]): Omit<Refusal, "host"> {
  if (nodes.length === 0 && error !== undefined)
    return {
      ...{ code: "no-leader", error: "engine" },
      what: `the swarm does not answer: ${error}`,
      hint: "Bring the other managers back. If they are lost, run `docker swarm init --force-new-cluster` on a manager that is left.",
    };
  const known =
    managers.length === 0
      ? ""
      : ` (${managers.length === 1 ? "manager" : "managers"} ${managers.join(", ")})`;
  return {
    ...{ code: "other-swarm", error: "conflict" },
    what: `${control ? "a manager" : "a node"} of another swarm${known}`,
    hint: "Run `docker swarm leave` on it, if it should move to this swarm.",
  };
}
