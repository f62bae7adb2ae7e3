/** Observes a swarm before a change: one call of each kind to one manager, whatever the number of nodes. */
import type { HostRef } from "../../model/host-ref.js";
import type { SwarmMember } from "../../model/observed.js";
import { managerToAsk } from "../../model/swarm/cluster/wanted.js";
import type { ManagersAnswer, SwarmObservation } from "../../model/swarm/observation.js";
import type { Engine } from "../connection/connect.js";
import { inspectCluster, listNodes, listObjects, listServices, networkNames } from "./list.js";

interface Hosts {
  /** In the order in which they are asked. */
  hosts: HostRef[];
  /** By host; absent for a host that does not answer. */
  members: Record<string, SwarmMember | undefined>;
  /** The swarm of the state. */
  clusterId?: string | undefined;
}

/** Undefined if no manager among the hosts answers. */
export function managerAmong({ hosts, members, clusterId }: Hosts): HostRef | undefined {
  const names = hosts.map((host) => host.name);
  const name = managerToAsk(names, members, clusterId);
  return hosts.find((host) => host.name === name);
}

export async function observeSwarm(
  hosts: Hosts,
  engineOf: (host: HostRef) => Engine,
  signal?: AbortSignal,
): Promise<SwarmObservation> {
  const { members } = hosts;
  const manager = managerAmong(hosts);
  if (!manager) return { members };
  return { members, known: await askManager(manager, engineOf(manager), signal) };
}

export async function askManager(
  manager: HostRef,
  engine: Engine,
  signal?: AbortSignal,
): Promise<ManagersAnswer> {
  const [cluster, nodes, services, configs, secrets] = await Promise.all([
    inspectCluster(engine, signal),
    listNodes(engine, { signal }),
    listServices(engine, { signal }),
    listObjects(engine, "configs", { signal }),
    listObjects(engine, "secrets", { signal }),
  ]);
  const networks = await networkNames(engine, services, signal);
  return { manager, cluster, nodes, services, configs, secrets, networks };
}
