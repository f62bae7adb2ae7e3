/** Inputs, contexts and outputs of hosts, networks and volumes. */
import type { Network, Volume } from "../compose/types.js";
import type { HostRef } from "./host-ref.js";
import type { EngineInfo } from "./observed.js";
import type { Context, Outputs } from "./run.js";

export interface HostInputs extends HostRef {
  project: string;
  labels?: Record<string, string>;
}

export interface HostContext extends Context {
  /** All hosts of the project and their services: any other container with the project's label is an orphan. */
  hosts: { host: HostRef; services: string[] }[];
}

/** Facts about the engine that applied the resource. */
export interface HostOutputs extends Outputs, Omit<EngineInfo, "id" | "name" | "swarm"> {
  engineName: string;
  /** Absent in states of older versions. */
  stackId?: string;
}

export interface NetworkInputs extends Network {
  host: HostRef;
  project: string;
  /** The name in the compose file. */
  network: string;
}

export interface NetworkContext extends Context {
  /** Only for an overlay or external network: all hosts of the project; one may be a manager of another's swarm. */
  hosts?: HostRef[];
  /** Only where it needs a subnet or a bridge of its own: the hashes of the file's networks on this engine, by name. */
  planned?: Record<string, string>;
  /** Only for an overlay network: the name of the host whose resource creates and removes it for all. */
  home?: string;
}

export interface NetworkOutputs extends Outputs {
  networkId: string;
  /** Only for a network of a swarm rather than of one engine. */
  swarm?: {
    /** The host whose engine lists the network even if it is unused: a manager. */
    manager: HostRef;
    /** This resource removes the network. */
    home: boolean;
  };
}

export interface VolumeInputs extends Volume {
  host: HostRef;
  project: string;
  /** The name in the compose file. */
  volume: string;
}

export type VolumeOutputs = Outputs;
