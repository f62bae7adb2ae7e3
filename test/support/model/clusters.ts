/** Swarms in few words, and their printed plans. */
import { label } from "../../../provider/model/labels.js";
import { planCluster } from "../../../provider/model/swarm/cluster/cluster.js";
import { printClusterPlan } from "../../../provider/model/swarm/cluster/operations.js";
import { type ClusterInput, hostsToAsk, managerToAsk } from "../../../provider/model/swarm/cluster/wanted.js";
import type { SwarmMember } from "../../../provider/model/observed.js";
import type { ObservedCluster, ObservedNode } from "../../../provider/model/swarm/observed.js";
import type { WantedNode } from "../../../provider/model/swarm-data.js";
import { node } from "./swarm-observations.js";

export const stack = "organization/shop/dev";
export const inactive: SwarmMember = { state: "inactive", control: false, managers: [] };

export function wanted(
  host: string,
  change: Partial<WantedNode> & { availability?: "drain" } = {},
): WantedNode {
  const { availability, ...rest } = change;
  const role = host.startsWith("m") ? "manager" : "worker";
  return { host, swarm: { role, ...(availability && { availability }) }, labels: {}, places: {}, ...rest };
}

export const cluster = (change: Partial<ObservedCluster> = {}): ObservedCluster => ({
  id: "c1",
  version: 5,
  labels: { [label.stack]: stack, [label.stackId]: "id1" },
  autolock: false,
  taskHistory: 5,
  rotatedCa: 0,
  addressPool: ["10.0.0.0/8"],
  subnetSize: 24,
  dataPathPort: 4789,
  ...change,
});

export const member = (host: string, change: Partial<SwarmMember> = {}): SwarmMember => ({
  state: "active",
  nodeId: `n-${host}`,
  control: host.startsWith("m"),
  managers: ["10.0.0.1:2377"],
  ...(host.startsWith("m") && { clusterId: "c1" }),
  ...change,
});

export const manager = (host: string, change: Partial<ObservedNode> = {}): ObservedNode =>
  node(`n-${host}`, { role: "manager", reachability: "reachable", ...change });

export const knownNodes = (...hosts: string[]) =>
  Object.fromEntries(hosts.map((host) => [host, { id: `n-${host}`, joined: true, labels: [] }]));

export type ClusterCase = Partial<Omit<ClusterInput, "nodes">> & { nodes?: WantedNode[]; hosts?: string[] };

/** A swarm of these hosts, which the state knows. */
export function formed(...hosts: string[]): Pick<ClusterInput, "nodes" | "members" | "swarm" | "known"> {
  return {
    nodes: hosts.map((host) => wanted(host)),
    members: Object.fromEntries(hosts.map((host) => [host, member(host)])),
    swarm: {
      cluster: cluster(),
      nodes: hosts.map((host) => (host.startsWith("m") ? manager(host) : node(`n-${host}`))),
    },
    known: { id: "c1", formed: true, nodes: knownNodes(...hosts) },
  };
}

export function printCluster(one: ClusterCase): string[] {
  const input: ClusterInput = {
    ...{ project: "shop", owner: { stack, stackId: "id1" }, settings: {}, hasUnlockKey: false },
    ...{ nodes: [], members: {}, labelsInUse: new Set<string>() },
    ...one,
  };
  const asked = managerToAsk(hostsToAsk(input), input.members, input.known?.id);
  return [`asks ${asked ?? "no host"}`, ...printClusterPlan(planCluster(input))];
}
