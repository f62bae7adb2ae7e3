/** Inputs, contexts and outputs of services and health checks. */
import type { AttributesOf } from "../compose/schema/service.js";
import type { Executable } from "../compose/source/file-contents.js";
import type { HealthCheck, Naming, Service } from "../compose/types.js";
import type { HostRef } from "./host-ref.js";
import type { Gate, SwarmGateOnSwarm } from "./gate.js";
import type { Borrower, Context, Follower, Outputs } from "./run.js";

export interface ServiceInputs extends Omit<
  Service,
  AttributesOf<"plan" | "command"> | "command" | "entrypoint"
> {
  command?: string[] | null;
  entrypoint?: string[] | null;
  host: HostRef;
  project: string;
  service: string;
  replicas: number;
  naming?: Naming;
  /** Contents of the service's configs and secrets, by name; values of secrets are secret. */
  config_contents?: Record<string, string>;
  secret_contents?: Record<string, string>;
  /** Whether the files of configs and secrets are executable, for those whose `mode` the file does not set. */
  executable?: Executable;
  /**
   * The uploaded parts of the project's folder, by content: hashes by path relative to that folder. The `source` of a
   * bind mount that is created from it is relative too ("./site").
   */
  synced?: Record<string, string>;
}

export interface ServiceContext extends Context {
  /** Computed by the host's Image: its id, and whether it has a healthcheck. */
  imageId: string;
  imageHealthcheck: boolean;
  /** Computed: containers of services whose namespaces or volumes are shared, by service. */
  shares: Record<string, string[]>;
  /** Computed: containers of dependencies with `restart: true`, by "service@host". */
  restarts?: Record<string, string[]>;
  /** Engine names, by the names in the file. */
  networks: Record<string, string>;
  volumes: Record<string, string>;
  gates: Gate[];
  /** The same for dependencies that run on the swarm. */
  swarmGates?: { managers: HostRef[]; gates: SwarmGateOnSwarm[] };
  /** The platform to create containers for, if the service names none. */
  defaultPlatform?: string;
  /** The health_check of the service: a replacement must pass it. */
  probe?: HealthCheck;
  /** Paths of the files on the operator's machine: for labels only. */
  workingDir: string;
  configFiles: string[];
  /** Another service waits for this one to complete: exit code 0 is success, not a failure. */
  job: boolean;
  /** It leaves another host in this run, so that its containers here replace those there. */
  moved?: boolean;
  /** Services on the same host whose containers share namespaces of the first container. */
  borrowers?: Borrower[];
  /** Services on the same engine that may have to give up something for this one, and have hooks. */
  givers?: Borrower[];
  /** Services on any host that depend on this one with `restart: true`. */
  followers?: Follower[];
  /**
   * Services that keep their ports, addresses and names even if this one needs the same: those of the plan that need it
   * too, and those that the file disables.
   */
  undisturbed?: string[];
  /** Attributes that docker compose's hash covers and that do not reach the container. */
  hashed: Hashed;
}

export interface Hashed extends Pick<Service, "develop" | "attach"> {
  /** The file names no image: the name is derived from the build, and is not part of the configuration. */
  unnamed?: boolean;
}

export interface ServiceOutputs extends Outputs {
  containers: DeployedContainer[];
  containerIds: string[];
  /** Hash of configuration and image: changes whenever containers are replaced. */
  revision: string;
  /** Data that a refresh needs to compare the containers without the program. */
  last: Pick<
    ServiceContext,
    "imageId" | "imageHealthcheck" | "shares" | "restarts" | "networks" | "volumes" | "job" | "hashed"
  > & {
    /** The conditions that it waited for, used by a rollback to this state: absent in states of older versions. */
    gates?: Gate[];
    /** Its first deployment failed: there is no version to roll back to. */
    neverUp?: true;
  };
}

export interface DeployedContainer {
  id: string;
  name: string;
  /** Address in its first network, if it has one. */
  ip?: string;
  /** "8080:80/tcp" */
  ports: string[];
}

export interface HealthCheckInputs extends HealthCheck {
  project: string;
  service: string;
  host: HostRef;
}

export interface HealthCheckContext extends Context {
  /** Computed by the Service: its configuration and image. */
  revision: string;
}

export interface HealthCheckOutputs extends Omit<Outputs, "engineId"> {
  revision: string;
  /** Duration of the last successful attempt. */
  milliseconds: number;
}
