/**
 * What crosses from the program to the handlers, kind by kind: plain JSON.
 *
 * `XInputs` is what a user sees in a preview, in compose words; it is stored and compared. `XContext` travels beside it
 * under `__k2`: computed values and circumstances of this run. The handlers' check takes it off again, so that it is
 * neither stored as an input nor shown as a difference.
 */
import type { HostRef } from "./host-ref.js";
import type { EngineInfo } from "./observed.js";
import type { AttributesOf } from "../compose/schema/service.js";
import type { Build, Dependency, HealthCheck, Naming, Network, Service, Volume } from "../compose/types.js";

export type { HostRef } from "./host-ref.js";

/** How this run was asked to behave, and in whose name. */
export interface Run {
  /** "organization/project/stack" */
  stack: string;
  /** Take over what another stack created. */
  takeOver?: boolean;
  /** Recreate containers though nothing changed. */
  forceRecreate?: boolean;
  /** Services that were named on the command line: the force is for them only. */
  named?: string[];
  /** Recreate also what the named services depend on. */
  recreateDependencies?: boolean;
  /** Leave containers as they are though their configuration changed. */
  noRecreate?: boolean;
  /** Build images though nothing of their contexts changed. */
  build?: boolean;
  /** Take what is called so for what would be built, whatever it was built of. */
  noBuild?: boolean;
  /** How images are built this time, beside what the files say. */
  building?: Building;
  /** Goes before every image's own pull_policy. */
  pull?: "always" | "missing" | "never";
  /** Create containers, start none. */
  noStart?: boolean;
  /** Give recreated containers empty anonymous volumes. */
  renewAnonymousVolumes?: boolean;
  /** Seconds that a container has to stop; default: its own grace period. */
  stopTimeout?: number;
  /** Seconds to wait for a container to become healthy; default: what its healthcheck allows. */
  waitTimeout?: number;
  /** Give changed volume definitions an empty volume (data is lost). */
  recreateVolumes?: boolean;
  /** Remove containers of the project that are in no file. */
  removeOrphans?: boolean;
  /** What is changed goes back, after a failure elsewhere: `rollback_config` says how. */
  goingBack?: boolean;
  /** `remove`: a deleted Volume resource deletes its volume. */
  volumes?: "keep" | "remove";
}

/** In the words of `build:`. It is not remembered with the image: what the file says stays what it was built of. */
export interface Building {
  args?: Record<string, string>;
  no_cache?: boolean;
  pull?: boolean;
  ssh?: string[];
  provenance?: string;
  sbom?: string;
  /** Bytes; only the classic builder knows it. */
  memory?: number;
}

export interface Context {
  run: Run;
  urn?: string;
}

export interface HostInputs extends HostRef {
  project: string;
  labels?: Record<string, string>;
}

export interface HostContext extends Context {
  /** All hosts of the project and who lives there: anybody else with the project's label is an orphan. */
  hosts: { host: HostRef; services: string[] }[];
}

export interface NetworkInputs extends Network {
  host: HostRef;
  project: string;
  /** The name in the compose file. */
  network: string;
}

export interface NetworkContext extends Context {
  /** Of an overlay or external network: all hosts of the project, since one may be a manager of another's swarm. */
  hosts?: HostRef[];
  /** Of an overlay network: the name of the host whose resource makes and removes it for all. */
  home?: string;
}

export interface VolumeInputs extends Volume {
  host: HostRef;
  project: string;
  /** The name in the compose file. */
  volume: string;
}

/** What a service's `build` comes to. */
export interface PlannedBuild {
  /** As previews show it: paths relative to the project, contents by hash. */
  inputs: Record<string, unknown>;
  /** For the builder: absolute paths. */
  definition: Build;
  /** Contents of build secrets, by source. */
  secrets: Record<string, string>;
  /** Socket of the operator's ssh agent. */
  sshAgent?: string;
}

/** An image of the stack: one digest for all hosts. */
export interface ImageInputs {
  project: string;
  image: string;
  platform?: string;
  pull_policy?: string;
  /** Never written: a refresh says here what the tag means in its registry, where that is not what is deployed. */
  moved_to?: string;
  /** Present for what is built rather than pulled. */
  build?: Record<string, unknown>;
}

export interface ImageContext extends Context {
  /** Who uses it; the first one builds. */
  hosts: HostRef[];
  build?: Omit<PlannedBuild, "inputs">;
  /** Images of other services that it is built from (`additional_contexts: {x: service:NAME}`), by service. */
  bases?: Record<string, { image: string; builder: HostRef; digest: string; way: Way }>;
  /** The digest that an earlier deployment had, which is to come back. */
  pinnedDigest?: string;
}

export interface HostImageInputs {
  project: string;
  image: string;
  host: HostRef;
  platform?: string;
}

export interface HostImageContext extends Context {
  /** Computed by the stack's Image; "local" where no registry knows it, "built:ID" for what a host has built. */
  digest: string;
  /** Who builds, and how the image comes from there. */
  builder?: HostRef;
  way?: Way;
  /** Of the stack's Image: `never` lets nothing be fetched. */
  pull_policy?: string;
  /** What is pulled for, where the service names no platform. */
  defaultPlatform?: string;
  /** The bits that an earlier deployment had here. */
  pinned?: Pinned;
}

/** A dependency that must be well at the moment the dependent starts. */
export interface Gate {
  project: string;
  service: string;
  host: HostRef;
  condition: Dependency["condition"];
  required: boolean;
  /** `s_depends_on`: what has done its work and ended is not there. To docker compose's `depends_on` it has started. */
  mustRun?: true;
  /** k2's probe, asked beside the condition. */
  probe?: HealthCheck;
}

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
  /** Contents of the configs and secrets that the service uses, by their names; values of secrets are secret. */
  config_contents?: Record<string, string>;
  secret_contents?: Record<string, string>;
  /**
   * What travels from the project's folder, by content: hashes by path relative to that folder. The `source` of a bind
   * mount that is made of it is relative too ("./site").
   */
  synced?: Record<string, string>;
}

export interface ServiceContext extends Context {
  /** Computed by the host's Image: its id, and whether it brings a healthcheck of its own. */
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
  /** Containers are created for it, where the service names no platform. */
  defaultPlatform?: string;
  /** The service's own health_check: a replacement must pass it. */
  probe?: HealthCheck;
  /** Where the files are on the operator's machine: labels only. */
  workingDir: string;
  configFiles: string[];
  /** Another service waits for this one to complete: an exit with 0 is its goal, not a failure. */
  job: boolean;
  /** Services on the same host whose containers are in namespaces of this one's first container. */
  borrowers?: Borrower[];
  /** What docker compose's hash covers though a container never sees it. */
  hashed: Hashed;
}

/** Who must be started again with another service's container, and how. */
export interface Borrower extends Pick<Service, "pre_stop" | "post_start"> {
  service: string;
}

export interface Hashed extends Pick<Service, "develop" | "attach"> {
  /** The file names no image: the name is that of what is built, and no part of the configuration. */
  unnamed?: boolean;
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

export interface ImageTagInputs {
  project: string;
  host: HostRef;
  source: string;
  target: string;
  push: boolean;
}

export interface ImageTagContext extends Context {
  imageId: string;
}

/** What handlers add to the inputs, kind by kind; all of it is kept in the stack's state. */
export interface Outputs {
  /** Version of this shape: handlers read every version up to `stateSchema`. */
  schema: number;
  /** Identity of the engine that was spoken to. */
  engineId: string;
  stack: string;
  /** The last run began to change it and failed; absent once a run has finished it. */
  unfinished?: true;
}

/** Of the engine that was spoken to. */
export interface HostOutputs extends Outputs, Omit<EngineInfo, "id" | "name" | "swarm"> {
  engineName: string;
}

export interface NetworkOutputs extends Outputs {
  networkId: string;
  /** Of a network that a swarm has, not one engine. */
  swarm?: {
    /** Whose engine knows it, used or not: a manager's. */
    manager: HostRef;
    /** This resource removes it. */
    home: boolean;
  };
}

export type VolumeOutputs = Outputs;

export interface ImageOutputs extends Omit<Outputs, "engineId"> {
  /** "sha256:…", or "local" for an image that no registry knows. */
  digest: string;
  /** Digests of the services' images that it was built from, by service. */
  bases?: Record<string, string>;
  /** It was taken as it was, by a run that was not to build, and is of other contents than the inputs say. */
  unbuilt?: boolean;
  /** With a pull_policy that lets the tag move: when its registry was asked for what is deployed (ISO 8601), by whom. */
  askedAt?: string;
  askedBy?: HostRef;
}

export interface HostImageOutputs extends Outputs {
  imageId: string;
  healthcheck: boolean;
  /** Of the stack's Image, when this was made of it. */
  digest: string;
}

export interface DeployedContainer {
  id: string;
  name: string;
  /** Address in its first network, where it has one of its own. */
  ip?: string;
  /** "8080:80/tcp" */
  ports: string[];
}

export interface ServiceOutputs extends Outputs {
  containers: DeployedContainer[];
  containerIds: string[];
  /** Configuration and image: changes whenever containers are replaced. */
  revision: string;
  /** What a refresh needs to judge the containers without the program. */
  last: Pick<
    ServiceContext,
    "imageId" | "imageHealthcheck" | "shares" | "restarts" | "networks" | "volumes" | "job" | "hashed"
  > & {
    /** What it waited for, for who comes back to it: absent in states of older versions. */
    gates?: Gate[];
    /** Its first deployment failed: there is nothing to go back to. */
    neverUp?: true;
  };
}

export interface ImageTagOutputs extends Outputs {
  imageId: string;
  /** In the registry; empty for what was tagged only. */
  digest: string;
}

export interface HealthCheckOutputs extends Omit<Outputs, "engineId"> {
  revision: string;
  /** How long the last successful attempt took. */
  milliseconds: number;
}

/** Names of the outputs: the program declares them, the handlers leave them out of comparisons. */
export const outputNames = {
  Host: [
    "schema",
    "stack",
    "unfinished",
    "engineId",
    "engineName",
    "version",
    "apiVersion",
    "os",
    "arch",
    "cpus",
    "memory",
  ],
  Network: ["schema", "stack", "unfinished", "engineId", "networkId", "swarm"],
  Volume: ["schema", "stack", "unfinished", "engineId"],
  Image: [
    ...["schema", "stack", "unfinished", "digest", "bases", "unbuilt", "askedAt", "askedBy"],
    ...["engineId", "imageId", "healthcheck"],
  ],
  Service: ["schema", "stack", "unfinished", "engineId", "containers", "containerIds", "revision", "last"],
  HealthCheck: ["schema", "stack", "unfinished", "revision", "milliseconds"],
  ImageTag: ["schema", "stack", "unfinished", "engineId", "imageId", "digest"],
} as const;

/** As in the resource's type: `pulumi-nodejs:dynamic/k2:Service`. */
export type ResourceKind = keyof typeof outputNames;

/** `computed`: names in the context whose values are outputs of other resources. */
export interface Shapes {
  host: { inputs: HostInputs; context: HostContext; outputs: HostOutputs; computed: never };
  network: { inputs: NetworkInputs; context: NetworkContext; outputs: NetworkOutputs; computed: never };
  volume: { inputs: VolumeInputs; context: Context; outputs: VolumeOutputs; computed: never };
  /** Of the stack: what its name means for all hosts. */
  image: { inputs: ImageInputs; context: ImageContext; outputs: ImageOutputs; computed: "bases" };
  /** The same on one host. */
  hostImage: {
    inputs: HostImageInputs;
    context: HostImageContext;
    outputs: HostImageOutputs;
    computed: "digest";
  };
  service: {
    inputs: ServiceInputs;
    context: ServiceContext;
    outputs: ServiceOutputs;
    computed: "imageId" | "imageHealthcheck" | "shares" | "restarts";
  };
  healthCheck: {
    inputs: HealthCheckInputs;
    context: HealthCheckContext;
    outputs: HealthCheckOutputs;
    computed: "revision";
  };
  imageTag: {
    inputs: ImageTagInputs;
    context: ImageTagContext;
    outputs: ImageTagOutputs;
    computed: "imageId";
  };
}

export type Kind = keyof Shapes;

/** In the order of work. */
export const allKinds: readonly Kind[] = [
  "host",
  "network",
  "volume",
  "image",
  "hostImage",
  "service",
  "healthCheck",
  "imageTag",
];

/** Both kinds of images are one type to Pulumi, since states of every version have them so. */
export const resourceKinds = {
  host: "Host",
  network: "Network",
  volume: "Volume",
  image: "Image",
  hostImage: "Image",
  service: "Service",
  healthCheck: "HealthCheck",
  imageTag: "ImageTag",
} as const satisfies Record<Kind, ResourceKind>;

const kindsOf: { [R in ResourceKind]: (inputs: object) => Kind } = {
  Host: () => "host",
  Network: () => "network",
  Volume: () => "volume",
  Image: (inputs) => ("host" in inputs ? "hostImage" : "image"),
  Service: () => "service",
  HealthCheck: () => "healthCheck",
  ImageTag: () => "imageTag",
};

export function kindOf(resource: ResourceKind, inputs: object): Kind {
  return kindsOf[resource](inputs);
}

export function isResourceKind(name: string): name is ResourceKind {
  return Object.hasOwn(outputNames, name);
}

/** "healthCheck web@b", "image redis:7@b" */
export function idOf(resource: string, name: string): string {
  return `${resource.charAt(0).toLowerCase()}${resource.slice(1)} ${name}`;
}

/** Version of what handlers write into state: handlers read every version up to this one. */
export const stateSchema = 1;

/** Bits on one host. */
export interface Pinned {
  imageId: string;
  /** Other hosts that have them. */
  holders: HostRef[];
}

/** "either": through the registry if that takes it, else streamed. */
export type Way = "registry" | "stream" | "either";
