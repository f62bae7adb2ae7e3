/**
 * What crosses from the program to the handlers, kind by kind: plain JSON.
 *
 * `XInputs` is what a user sees in a preview, in compose words; it is stored and compared. `XContext` travels beside it
 * under `__k2`: computed values and circumstances of this run. The handlers' check takes it off again, so that it is
 * neither stored as an input nor shown as a difference.
 */
import type { Dependency, HealthCheck, Naming, Network, Service, Volume } from "../compose/types.js";

/** How a host is reached. Credentials come by reference: a folder, a docker context, ssh's own configuration. */
export interface HostRef {
  name: string;
  address: string;
  /** Folder that holds ca.pem, cert.pem and key.pem. */
  tls?: string;
  api_version?: string;
}

/** How this run was asked to behave, and in whose name. */
export interface Run {
  /** "organization/project/stack" */
  stack: string;
  /** Take over what another stack created. */
  takeOver?: boolean;
  /** Recreate containers though nothing changed. */
  forceRecreate?: boolean;
  /** Give changed volume definitions an empty volume (data is lost). */
  recreateVolumes?: boolean;
  /** Remove containers of the project that are in no file. */
  removeOrphans?: boolean;
  /** `remove`: a deleted Volume resource deletes its volume. */
  volumes?: "keep" | "remove";
}

export interface Context {
  run: Run;
  urn?: string;
}

export interface HostInputs extends HostRef {
  labels?: Record<string, string>;
}

export interface HostContext extends Context {
  project: string;
  /** Services that live here: any other that carries the project's label on this engine is an orphan. */
  services: string[];
}

export interface NetworkInputs extends Network {
  host: HostRef;
  project: string;
  /** The name in the compose file. */
  network: string;
}

export interface VolumeInputs extends Volume {
  host: HostRef;
  project: string;
  /** The name in the compose file. */
  volume: string;
}

/** An image of the stack: one digest for all hosts. */
export interface ImageInputs {
  image: string;
  platform?: string;
  pull_policy?: string;
}

export interface ImageContext extends Context {
  hosts: HostRef[];
}

export interface HostImageInputs {
  image: string;
  host: HostRef;
  platform?: string;
}

export interface HostImageContext extends Context {
  /** Computed by the stack's Image; "local" where no registry knows it. */
  digest: string;
}

/** A dependency that must be well at the moment the dependent starts. */
export interface Gate {
  project: string;
  service: string;
  host: HostRef;
  condition: Dependency["condition"];
  required: boolean;
  /** k2's probe, asked beside the condition. */
  probe?: HealthCheck;
}

/** Attributes that the plan or other resources answer, and that a container never sees. */
export type PlanOnly =
  "host" | "s_depends_on" | "health_check" | "build" | "profiles" | "pull_policy" | "scale" | "develop" | "attach";

export interface ServiceInputs extends Omit<Service, PlanOnly | "command" | "entrypoint"> {
  command?: string[] | null;
  entrypoint?: string[] | null;
  host: HostRef;
  project: string;
  service: string;
  replicas: number;
  naming?: Naming;
  /** Contents of the configs and secrets that the service uses, by their names; values of secrets are secret. */
  config_contents?: Record<string, string>;
  secret_contents?: Record<string, string>;
}

export interface ServiceContext extends Context {
  /** Computed by the host's Image. */
  imageId: string;
  /** Computed: containers of services whose namespaces or volumes are shared, by service. */
  shares: Record<string, string[]>;
  /** Engine names, by the names in the file. */
  networks: Record<string, string>;
  volumes: Record<string, string>;
  gates: Gate[];
  /** Where the files are on the operator's machine: labels only. */
  workingDir: string;
  configFiles: string[];
  /** Another service waits for this one to complete: an exit with 0 is its goal, not a failure. */
  job: boolean;
  /** What docker compose's hash covers though a container never sees it. */
  hashed: Pick<Service, "develop" | "attach">;
}

export interface HealthCheckInputs extends HealthCheck {
  service: string;
  host: HostRef;
}

export interface HealthCheckContext extends Context {
  /** Computed by the Service: its configuration and image. */
  revision: string;
}

export interface ImageTagInputs {
  host: HostRef;
  source: string;
  target: string;
  push: boolean;
}

export interface ImageTagContext extends Context {
  imageId: string;
}

/** Version of what handlers write into state: handlers read every version up to this one. */
export const stateSchema = 1;
