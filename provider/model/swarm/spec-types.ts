/** A service of Swarm mode in the words of the engine's API (1.41 and newer), as far as k2-compose sets it. */
import type { Platform } from "../swarm-data.js";
import type { HealthConfig } from "../tables/healthcheck.js";

export interface ServiceSpec {
  Name: string;
  Labels?: Record<string, string>;
  TaskTemplate: TaskTemplate;
  Mode: ServiceMode;
  UpdateConfig?: UpdateSpec;
  RollbackConfig?: UpdateSpec;
  EndpointSpec?: EndpointSpec;
}

export interface TaskTemplate {
  ContainerSpec: ContainerSpec;
  Resources?: Resources;
  RestartPolicy?: RestartPolicy;
  Placement?: Placement;
  Networks?: NetworkAttachment[];
  LogDriver?: { Name: string; Options?: Record<string, string> };
  /** Changed to restart all tasks of an equal specification. */
  ForceUpdate?: number;
}

export interface Resources {
  Limits?: Limits;
  Reservations?: Reservations;
  /** Beside the memory; -1: unlimited. Absent: as much as the memory. */
  SwapBytes?: number;
  MemorySwappiness?: number;
}

export interface Limits {
  NanoCPUs?: number;
  MemoryBytes?: number;
  Pids?: number;
}

export interface Reservations {
  NanoCPUs?: number;
  MemoryBytes?: number;
  GenericResources?: GenericResource[];
}

export interface RestartPolicy {
  Condition?: string;
  Delay?: number;
  MaxAttempts?: number;
  Window?: number;
}

export interface Placement {
  Constraints?: string[];
  Preferences?: { Spread: { SpreadDescriptor: string } }[];
  MaxReplicas?: number;
  Platforms?: Platform[];
}

export interface GenericResource {
  DiscreteResourceSpec: { Kind: string; Value: number };
}

export interface NetworkAttachment {
  /** Name or id of the network: the engine stores the id. */
  Target: string;
  Aliases?: string[];
  DriverOpts?: Record<string, string>;
}

export interface ContainerSpec {
  Image: string;
  Labels?: Record<string, string>;
  Command?: string[];
  Args?: string[];
  Env?: string[];
  Hostname?: string;
  Dir?: string;
  User?: string;
  Groups?: string[];
  Privileges?: Privileges;
  StopSignal?: string;
  StopGracePeriod?: number;
  TTY?: boolean;
  OpenStdin?: boolean;
  ReadOnly?: boolean;
  Init?: boolean;
  Isolation?: string;
  Hosts?: string[];
  DNSConfig?: DNSConfig;
  Healthcheck?: HealthConfig;
  Mounts?: Mount[];
  Configs?: FileReference<"Config">[];
  Secrets?: FileReference<"Secret">[];
  Sysctls?: Record<string, string>;
  CapabilityAdd?: string[];
  CapabilityDrop?: string[];
  Ulimits?: { Name: string; Soft: number; Hard: number }[];
  OomScoreAdj?: number;
}

export interface Privileges {
  NoNewPrivileges?: boolean;
  Seccomp?: { Mode: string };
  AppArmor?: { Mode: string };
  SELinuxContext?: { Disable: boolean };
}

export interface DNSConfig {
  Nameservers?: string[];
  Search?: string[];
  Options?: string[];
}

export interface Mount {
  Type: string;
  Source?: string;
  Target: string;
  ReadOnly?: boolean;
  BindOptions?: BindOptions;
  VolumeOptions?: VolumeOptions;
  TmpfsOptions?: TmpfsOptions;
}

export interface BindOptions {
  Propagation?: string;
  NonRecursive?: boolean;
}

export interface VolumeOptions {
  NoCopy?: boolean;
  Labels?: Record<string, string>;
  Subpath?: string;
  DriverConfig?: { Name?: string; Options?: Record<string, string> };
}

export interface TmpfsOptions {
  SizeBytes?: number;
  Mode?: number;
  /** Flags as lists of one: ["exec"]. */
  Options?: string[][];
}

/** A config or secret as a file; the engine stores the id beside the name. */
export type FileReference<Kind extends "Config" | "Secret"> = {
  File: { Name: string; UID: string; GID: string; Mode: number };
} & { [K in `${Kind}ID` | `${Kind}Name`]: string };

export type ServiceMode =
  | { Replicated: { Replicas?: number } }
  | { Global: object }
  | { ReplicatedJob: { MaxConcurrent?: number; TotalCompletions?: number } }
  | { GlobalJob: object };

export interface UpdateSpec {
  Parallelism?: number;
  Delay?: number;
  FailureAction?: string;
  Monitor?: number;
  MaxFailureRatio?: number;
  Order?: string;
}

export interface EndpointSpec {
  Mode?: string;
  Ports?: PortConfig[];
}

export interface PortConfig {
  Protocol?: string;
  TargetPort: number;
  PublishedPort?: number;
  PublishMode?: string;
}
