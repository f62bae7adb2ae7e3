/** The used fields of a manager's answers, and the observations made from them. */
import type {
  ObservedCluster,
  ObservedConfig,
  ObservedNode,
  ObservedSwarmService,
  ObservedTask,
} from "../../model/swarm/observed.js";
import type { ServiceSpec } from "../../model/swarm/spec-types.js";
import type { Shape } from "../connection/answer-shape.js";

export const shapes = {
  cluster: { object: { ID: "string", Version: "object", Spec: "object" } },
  services: { list: { ID: "string", Version: "object", Spec: "object" } },
  tasks: { list: { ID: "string", ServiceID: "string", Status: "object", DesiredState: "string" } },
  nodes: {
    list: { ID: "string", Version: "object", Spec: "object", Description: "object", Status: "object" },
  },
  objects: { list: { ID: "string", Version: "object", Spec: "object" } },
} as const satisfies Record<string, Shape>;

interface Versioned {
  ID: string;
  Version: { Index: number };
}

export interface Cluster extends Versioned {
  Spec: ClusterSpec;
  DefaultAddrPool?: string[] | null;
  SubnetSize?: number;
  DataPathPort?: number;
  /** Secret: by these tokens any machine joins. */
  JoinTokens?: { Worker: string; Manager: string };
}

/** An update replaces the whole specification, so the fields that k2-compose does not know are passed on as they are. */
export interface ClusterSpec {
  Name?: string;
  Labels?: Record<string, string> | null;
  Orchestration?: { TaskHistoryRetentionLimit?: number };
  EncryptionConfig?: { AutoLockManagers?: boolean };
  CAConfig?: { ForceRotate?: number };
}

export interface Service extends Versioned {
  CreatedAt: string;
  UpdatedAt: string;
  Spec: ServiceSpec;
  PreviousSpec?: ServiceSpec | null;
  UpdateStatus?: { State?: string; Message?: string; StartedAt?: string; CompletedAt?: string } | null;
  JobStatus?: { JobIteration: { Index: number } } | null;
}

export interface Task {
  ID: string;
  CreatedAt: string;
  ServiceID: string;
  Slot?: number;
  NodeID?: string;
  Status: {
    Timestamp: string;
    State: string;
    Message?: string;
    Err?: string;
    ContainerStatus?: { ContainerID?: string; ExitCode?: number } | null;
  };
  DesiredState: string;
  JobIteration?: { Index: number } | null;
}

export interface Node extends Versioned {
  Spec: NodeSpec;
  Description: { Hostname?: string; Engine?: { EngineVersion?: string } };
  Status: { State: string; Addr?: string };
  ManagerStatus?: { Leader?: boolean; Reachability?: string; Addr?: string } | null;
}

/** As with a cluster, an update replaces all of it. */
export interface NodeSpec {
  Name?: string;
  Role: "manager" | "worker";
  Availability: "active" | "pause" | "drain";
  Labels?: Record<string, string> | null;
}

export interface Config extends Versioned {
  Spec: { Name: string; Labels?: Record<string, string> | null; Data?: string };
}

export function observedCluster(found: Cluster): ObservedCluster {
  const { Spec: spec, DefaultAddrPool: pool, SubnetSize: subnetSize, DataPathPort: dataPathPort } = found;
  return {
    id: found.ID,
    version: found.Version.Index,
    labels: spec.Labels ?? {},
    autolock: spec.EncryptionConfig?.AutoLockManagers ?? false,
    ...(spec.Orchestration?.TaskHistoryRetentionLimit !== undefined && {
      taskHistory: spec.Orchestration.TaskHistoryRetentionLimit,
    }),
    rotatedCa: spec.CAConfig?.ForceRotate ?? 0,
    addressPool: pool ?? [],
    ...(subnetSize !== undefined && { subnetSize }),
    ...(dataPathPort !== undefined && { dataPathPort }),
  };
}

export function observedService(found: Service): ObservedSwarmService {
  const { PreviousSpec: previousSpec, UpdateStatus: update, JobStatus: job } = found;
  return {
    id: found.ID,
    version: found.Version.Index,
    spec: found.Spec,
    ...(previousSpec && { previousSpec }),
    ...(update?.State && {
      update: {
        state: update.State,
        message: update.Message ?? "",
        ...(update.StartedAt !== undefined && { startedAt: update.StartedAt }),
        ...(update.CompletedAt !== undefined && { completedAt: update.CompletedAt }),
      },
    }),
    ...(job && { jobIteration: job.JobIteration.Index }),
    createdAt: found.CreatedAt,
    updatedAt: found.UpdatedAt,
  };
}

export function observedTask(found: Task): ObservedTask {
  const { Status: status, Slot: slot, NodeID: nodeId, JobIteration: job } = found;
  const { ContainerID: containerId, ExitCode: exitCode } = status.ContainerStatus ?? {};
  return {
    id: found.ID,
    serviceId: found.ServiceID,
    ...(slot !== undefined && slot > 0 && { slot }),
    ...(nodeId !== undefined && nodeId !== "" && { nodeId }),
    state: status.State,
    desiredState: found.DesiredState,
    message: status.Message ?? "",
    error: status.Err ?? "",
    ...(containerId !== undefined && containerId !== "" && { containerId }),
    ...(exitCode !== undefined && { exitCode }),
    ...(job && { jobIteration: job.Index }),
    createdAt: found.CreatedAt,
    at: status.Timestamp,
  };
}

export function observedNode(found: Node): ObservedNode {
  const { Spec: spec, Description: description, Status: status, ManagerStatus: manager } = found;
  // A manager that has lost its address reports 0.0.0.0.
  const address = manager?.Addr?.replace(/:\d+$/, "") ?? status.Addr ?? "";
  return {
    id: found.ID,
    version: found.Version.Index,
    hostname: description.Hostname ?? "",
    role: spec.Role,
    availability: spec.Availability,
    state: status.State,
    labels: spec.Labels ?? {},
    address,
    engineVersion: description.Engine?.EngineVersion ?? "",
    ...(manager?.Leader && { leader: true as const }),
    ...(manager?.Reachability !== undefined && { reachability: manager.Reachability }),
  };
}

export function observedConfig(found: Config): ObservedConfig {
  const { Name: name, Labels: labels, Data: data } = found.Spec;
  return {
    id: found.ID,
    version: found.Version.Index,
    name,
    labels: labels ?? {},
    ...(data !== undefined && { data }),
  };
}
