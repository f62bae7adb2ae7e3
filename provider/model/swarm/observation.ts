/** A swarm as it is before a change: its hosts, and what one manager knows of it. */
import type { HostRef } from "../host-ref.js";
import type { SwarmMember } from "../observed.js";
import type { ObservedCluster, ObservedConfig, ObservedNode, ObservedSwarmService } from "./observed.js";

export interface SwarmObservation {
  /** By host; absent for a host that does not answer. */
  members: Record<string, SwarmMember | undefined>;
  /** Absent if no manager answers for the swarm, or there is none. */
  known?: ManagersAnswer;
}

export interface ManagersAnswer {
  /** The manager that was asked. */
  manager: HostRef;
  cluster: ObservedCluster;
  nodes: ObservedNode[];
  /** All of the swarm: they tell which configs, secrets and labels are in use. */
  services: ObservedSwarmService[];
  configs: ObservedConfig[];
  secrets: ObservedConfig[];
  /** Names of networks by their ids, which services store. */
  networks: Record<string, string>;
}
