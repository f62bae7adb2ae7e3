/** Inputs, contexts and outputs of a swarm, and of what runs on it. */
import type { AttributesOf } from "../compose/schema/service.js";
import type { Executable } from "../compose/source/file-contents.js";
import type { HealthCheck, NodeSwarm, ProjectSwarm, Service, Volume } from "../compose/types.js";
import type { HostRef } from "./host-ref.js";
import type { Context, Outputs } from "./run.js";
import type { SwarmGate } from "./gate.js";

/** A host of the file that is to be a node of the swarm. */
export interface WantedNode {
  host: string;
  /** Without `availability`, the node is "active", or as it was when the stack adopted it. */
  swarm: NodeSwarm;
  /** The host's labels in the file. */
  labels: Record<string, string>;
  /** Labels for the `host` of services: swarm/placement-labels.ts. */
  places: Record<string, string>;
}

/** All resources of a swarm ask one of its managers. */
export interface SwarmContext extends Context {
  /** The hosts of the file that are to be managers, in the file's order. */
  managers: HostRef[];
}

export interface SwarmOutputs extends Omit<Outputs, "engineId"> {
  clusterId: string;
  /** The managers of the last deployment, for deletions and refreshes, which see no file. */
  managers: HostRef[];
}

/** The file's settings of the swarm. */
export interface ClusterInputs extends ProjectSwarm {
  project: string;
}

export interface ClusterContext extends SwarmContext {
  /** All hosts of the file with a role. */
  nodes: WantedNode[];
  /** Their connections. */
  hosts: HostRef[];
}

export interface ClusterOutputs extends SwarmOutputs {
  /** This stack has formed the swarm; otherwise it has adopted it. */
  formed: boolean;
  /** Secret: the key that unlocks restarted managers, if `autolock` is set. */
  unlockKey?: string;
}

export interface NodeInputs extends NodeSwarm {
  project: string;
  host: HostRef;
  labels?: Record<string, string>;
  /** The names of the labels for the `host` of services. */
  places?: string[];
}

/** `settings` are those of the swarm. */
export interface NodeContext extends ClusterContext {
  settings: ProjectSwarm;
  /** Computed by the Swarm. */
  formed: boolean;
}

export interface NodeOutputs extends SwarmOutputs {
  nodeId: string;
  /** This stack made the node join; otherwise it was in the swarm before. */
  joined?: true;
  /** The availability that the node had when it was adopted. */
  adopted?: "active" | "pause" | "drain";
  /** Names of the labels that this stack has set for the file. */
  nodeLabels: string[];
}

/** A config or secret. Its content cannot change: a new one is another object. */
export interface SwarmObjectInputs {
  project: string;
  /** The name in the compose file. */
  key: string;
  /** `name` of the compose file, used as it is. */
  name?: string;
  labels?: Record<string, string>;
  /** It exists already, under `name`, and is used as it is. */
  external?: boolean;
  /** The content, under its key: of a config, or of a secret. Absent for an external one. */
  config_contents?: Record<string, string>;
  secret_contents?: Record<string, string>;
}

export interface SwarmObjectOutputs extends SwarmOutputs {
  objectId: string;
  objectName: string;
  /** As in its label `k2.digest`; absent for an external one. */
  contentDigest?: string;
}

/** The service in compose's words. */
export interface SwarmServiceInputs extends Omit<
  Service,
  AttributesOf<"plan" | "command" | "order"> | "command" | "entrypoint" | "image"
> {
  command?: string[] | null;
  entrypoint?: string[] | null;
  image: string;
  project: string;
  service: string;
  /** deploy.replicas or scale, else the number of hosts that `host` lists, else 1. Absent for global services. */
  replicas?: number;
  /** Constraint for `host`: "node.labels.k2.host==NAME". */
  constraint?: string;
  /** Another text restarts all tasks. */
  redeploy?: string;
  /** Names of the project's folder whose files are executable, as for services of plain engines. */
  executable?: Executable;
}

/** Values that are computed from other resources. Networks, volumes, configs and secrets: by their names in the file. */
export interface SwarmServiceContext extends SwarmContext {
  /** Engine names. */
  networks: Record<string, string>;
  volumes: Record<string, Volume>;
  configs: Record<string, SwarmObject>;
  secrets: Record<string, SwarmObject>;
  gates: SwarmGate[];
  /** The health_check of the service, by which its deployment is judged as well. */
  probe?: HealthCheck;
  /** Only with `probe`: the engines on which its tasks may run. */
  hosts?: HostRef[];
  /** An image that is built: by a manager, which pushes it when its contents change. */
  build?: { builder: HostRef; digest: string };
  /** Seconds. */
  timeout?: number;
  monitor?: number;
  attempts?: number;
  /** The digest of an earlier deployment, which is to be restored. */
  pinnedDigest?: string;
  /** `pull_policy: always`, daily and others that follow a tag: the registry is asked in every run. */
  alwaysAsk?: boolean;
}

/** A config or secret that exists. */
export interface SwarmObject {
  id: string;
  name: string;
}

export interface Platform {
  Architecture?: string;
  OS?: string;
}

export interface SwarmServiceOutputs extends SwarmOutputs {
  serviceId: string;
  /** "sha256:…" of the image that runs; absent if no registry was asked, or it did not answer. */
  digest?: string;
  platforms?: Platform[];
  /** Changes whenever tasks are replaced: swarm/spec/revision.ts. */
  revision: string;
  /** Values that a refresh needs to compare the service without the program. */
  last: Pick<SwarmServiceContext, "networks" | "volumes" | "configs" | "secrets"> & {
    /** For a rollback to this state. */
    gates?: SwarmGate[];
  };
}
