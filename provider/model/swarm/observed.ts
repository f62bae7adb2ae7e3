/** A manager's answers about its swarm, as far as k2-compose compares them. */
import type { ServiceSpec } from "./spec-types.js";

export interface ObservedSwarmService {
  id: string;
  /** The version to send with an update. */
  version: number;
  spec: ServiceSpec;
  /** Absent before the first update. */
  previousSpec?: ServiceSpec;
  update?: UpdateStatus;
  /** The number of the current iteration of a job. */
  jobIteration?: number;
  createdAt: string;
  updatedAt: string;
}

export interface UpdateStatus {
  /** updating, paused, completed, rollback_started, rollback_paused, rollback_completed */
  state: string;
  message: string;
  startedAt?: string;
  completedAt?: string;
}

export interface ObservedTask {
  id: string;
  serviceId: string;
  /** Absent for global services, whose tasks have a node instead. */
  slot?: number;
  /** Absent until the task is assigned. */
  nodeId?: string;
  /** "pending", "preparing", "running", "complete", "failed", "rejected", … */
  state: string;
  desiredState: string;
  /** The engine's reason for the state; empty if there is none. */
  message: string;
  error: string;
  containerId?: string;
  exitCode?: number;
  jobIteration?: number;
  createdAt: string;
  /** When it reached its state. */
  at: string;
}

export interface ObservedNode {
  id: string;
  version: number;
  hostname: string;
  role: "manager" | "worker";
  availability: "active" | "pause" | "drain";
  /** "ready", "down", "disconnected", "unknown" */
  state: string;
  labels: Record<string, string>;
  /** IP address by which the others see it. */
  address: string;
  engineVersion: string;
  /** "linux", and "x86_64" as the engine names it. */
  os?: string;
  arch?: string;
  engineLabels?: Record<string, string>;
  leader?: true;
  /** "reachable" or "unreachable"; only of managers. */
  reachability?: string;
}

export interface ObservedConfig {
  id: string;
  version: number;
  name: string;
  labels: Record<string, string>;
  /** Base64; absent for secrets, which cannot be read. */
  data?: string;
}

export interface ObservedCluster {
  id: string;
  version: number;
  labels: Record<string, string>;
  autolock: boolean;
  /** Earlier tasks that are kept for each task. */
  taskHistory?: number;
  /** The number of rotations of the root certificate that were asked for. */
  rotatedCa: number;
  addressPool: string[];
  subnetSize?: number;
  dataPathPort?: number;
}
