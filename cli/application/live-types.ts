/** An application with what its engines run. */
import type { K2Error } from "../../provider/shared/errors.js";
import type { HostRef } from "../../provider/model/kinds.js";
import type { HostSnapshot, ObservedContainer } from "../../provider/model/observed.js";
import type { Application, Member } from "./application.js";

export interface LiveHost {
  host: HostRef;
  /** Undefined if the engine did not answer; `error` gives the reason. */
  snapshot?: HostSnapshot;
  error?: K2Error;
}

/** A service on a host, with its containers. */
export interface LiveService extends Member {
  at: LiveHost;
  /** Sorted by number. */
  containers: ObservedContainer[];
  /** It runs on the swarm: these are its tasks on one node. */
  onSwarm?: TasksOnSwarm;
  /** An orphan: neither in the file nor in the state, but found by its label. */
  orphan?: boolean;
}

export interface TasksOnSwarm {
  /** Running and wanted tasks on all nodes: "2/3". */
  share: string;
  /** Why the newest task does not run. */
  error?: string;
}

export interface Live {
  application: Application;
  hosts: LiveHost[];
  services: LiveService[];
}
