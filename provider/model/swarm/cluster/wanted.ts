/** The swarm as the file describes it, as a stack remembers it, and as it is. */
import type { ProjectSwarm } from "../../../compose/types.js";
import type { SwarmMember } from "../../observed.js";
import type { WantedNode } from "../../swarm-data.js";
import type { ObservedCluster, ObservedNode } from "../observed.js";

export type Role = ObservedNode["role"];
export type Availability = ObservedNode["availability"];

export const rotations = ["worker_token", "manager_token", "unlock_key", "ca"] as const;

export type Rotation = (typeof rotations)[number];

export interface KnownNode {
  id: string;
  /** This stack made the node join; otherwise it was in the swarm before. */
  joined?: boolean;
  /** The availability that the node had when it was adopted. */
  adopted?: Availability;
  /** Names of the labels that this stack has set for the file. */
  labels: string[];
}

/** The swarm in the state of the stack. */
export interface KnownCluster {
  id: string;
  /** This stack has formed the swarm; otherwise it has adopted it. */
  formed?: boolean;
  nodes: Record<string, KnownNode>;
}

export interface ClusterOwner {
  stack: string;
  stackId?: string;
}

export interface ClusterInput {
  project: string;
  owner: ClusterOwner;
  /** In the order of the file. */
  nodes: WantedNode[];
  /** Settings that the file does not have are left as they are. */
  settings: ProjectSwarm;
  known?: KnownCluster;
  /** By host, also those of the state that left the file. Absent: the host does not answer. */
  members: Record<string, SwarmMember | undefined>;
  /** Read from the host that `managerToAsk` returns. */
  swarm?: ObservedSwarm;
  /** Place labels that services still name: placement-labels.ts. */
  labelsInUse: ReadonlySet<string>;
  /** The state has the key that unlocks managers. */
  hasUnlockKey: boolean;
}

export interface ObservedSwarm {
  cluster: ObservedCluster;
  nodes: ObservedNode[];
}

/** Returns the first of the hosts that answers for the known swarm, or else for any. */
export function managerToAsk(
  hosts: string[],
  members: ClusterInput["members"],
  clusterId?: string,
): string | undefined {
  const able = hosts.filter((host) => answers(members[host]));
  return able.find((host) => members[host]?.clusterId === clusterId) ?? able[0];
}

/** The hosts of the file, and those of the state that left it. */
export function hostsToAsk({ nodes, known }: Pick<ClusterInput, "nodes" | "known">): string[] {
  return [...nodes.map(({ host }) => host), ...Object.keys(known?.nodes ?? {})];
}

/** Without a leader, a manager answers `/info` at once, with an error, and other calls after a long time. */
function answers(member: SwarmMember | undefined): boolean {
  return member?.state === "active" && member.control && member.error === undefined;
}
