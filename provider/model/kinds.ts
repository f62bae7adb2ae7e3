/**
 * The data that the program passes to the handlers, kind by kind: plain JSON.
 *
 * `XInputs` is shown in previews, in compose terms; it is stored and compared. `XContext` accompanies it
 * under `__k2`: computed values and options of this run. The handlers' check removes it, so that it is
 * neither stored as an input nor shown as a difference.
 */
import type { HostRef } from "./host-ref.js";
import type { EngineInfo } from "./observed.js";
import type { AttributesOf } from "../compose/schema/service.js";
import type { Executable } from "../compose/source/file-contents.js";
import type { Build, Dependency, HealthCheck, Naming, Network, Service, Volume } from "../compose/types.js";

export type { HostRef } from "./host-ref.js";

/** Options of this run, and the stack that it runs for. */
export interface Run {
  /** "organization/project/stack" */
  stack: string;
  /** The ids that the state's hosts know; none if the state is new, lost, or of an older version. */
  stackIds?: string[] | undefined;
  /** The label of new objects: the handlers' own. */
  stackId?: string | undefined;
  /** The project's folder on the operator's machine, as in docker compose's label. */
  workingDir?: string | undefined;
  /** Take over objects of another stack. */
  takeOver?: boolean;
  /** Recreate containers even if nothing changed. */
  forceRecreate?: boolean;
  /** Services that were named on the command line: only they are force-recreated. */
  named?: string[];
  /** Also recreate the dependencies of the named services. */
  recreateDependencies?: boolean;
  /** Keep containers even if their configuration changed. */
  noRecreate?: boolean;
  /** Build images even if their contexts did not change. */
  build?: boolean;
  /** Do not build: use an existing image of that name, whatever its contents. */
  noBuild?: boolean;
  /** Build options of this run, in addition to those of the files. */
  building?: Building;
  /** Overrides the pull_policy of every image. */
  pull?: "always" | "missing" | "never";
  /** Create containers without starting them. */
  noStart?: boolean;
  /** Give recreated containers empty anonymous volumes. */
  renewAnonymousVolumes?: boolean;
  /** Stop timeout in seconds; default: the container's own grace period. */
  stopTimeout?: number;
  /** Seconds to wait for a container to become healthy; default: the limit of its healthcheck. */
  waitTimeout?: number;
  /** Recreate volumes whose definition changed, empty (data is lost). */
  recreateVolumes?: boolean;
  /** Remove containers of the project whose service is in no file. */
  removeOrphans?: boolean;
  /** Do not warn of them (COMPOSE_IGNORE_ORPHANS). */
  ignoreOrphans?: boolean;
  /** The changes are a rollback after a failure elsewhere, by `rollback_config`. */
  goingBack?: boolean;
  /** `remove`: a deleted Volume resource deletes its volume. */
  volumes?: "keep" | "remove";
  /** Services that left the file and have hooks, as far as the state is known. */
  left?: Borrower[];
}

/** In the terms of `build:`. Not stored with the image: its recorded build contents are those of the file. */
export interface Building {
  args?: Record<string, string>;
  no_cache?: boolean;
  pull?: boolean;
  ssh?: string[];
  provenance?: string;
  sbom?: string;
  /** Bytes; only the classic builder supports it. */
  memory?: number;
}

export interface Context {
  run: Run;
  urn?: string;
  /** Paths of the inputs that Pulumi encrypts. */
  encrypted?: string[];
}

export interface HostInputs extends HostRef {
  project: string;
  labels?: Record<string, string>;
}

export interface HostContext extends Context {
  /** All hosts of the project and their services: any other container with the project's label is an orphan. */
  hosts: { host: HostRef; services: string[] }[];
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

export interface VolumeInputs extends Volume {
  host: HostRef;
  project: string;
  /** The name in the compose file. */
  volume: string;
}

/** The resolved `build` of a service. */
export interface PlannedBuild {
  /** As shown in previews: paths relative to the project, contents by hash. */
  inputs: Record<string, unknown>;
  /** For the builder: absolute paths. */
  definition: Build;
  /** Contents of build secrets, by source. */
  secrets: Record<string, string>;
  /** Socket of the operator's ssh agent. */
  sshAgent?: string;
}

/** An image of the stack, with one digest for all hosts. */
export interface ImageInputs {
  project: string;
  image: string;
  platform?: string;
  pull_policy?: string;
  /** Not from the file: a refresh sets it to the registry's current digest of the tag, if another one is deployed. */
  moved_to?: string;
  /** Only for an image that is built instead of pulled. */
  build?: Record<string, unknown>;
}

export interface ImageContext extends Context {
  /** Hosts that use the image; the first one builds it. */
  hosts: HostRef[];
  build?: Omit<PlannedBuild, "inputs">;
  /** Images of other services that it is built from (`additional_contexts: {x: service:NAME}`), by service. */
  bases?: Record<string, { image: string; builder: HostRef; digest: string; way: Way }>;
  /** The digest of an earlier deployment, which is to be restored. */
  pinnedDigest?: string;
  /** The longest `pull_timeout` of the services with the image, in seconds. */
  pullTimeout?: number;
}

export interface HostImageInputs {
  project: string;
  image: string;
  host: HostRef;
  platform?: string;
}

export interface HostImageContext extends Context {
  /** Computed by the stack's Image; "local" if no registry has it, "built:ID" for an image that a host has built. */
  digest: string;
  /** The host that builds, and how the image is transferred from it. */
  builder?: HostRef;
  way?: Way;
  /** The policy of the stack's Image: `never` pulls nothing. */
  pull_policy?: string;
  /** That of the stack's Image. */
  pullTimeout?: number;
  /** The platform to pull for, if the service names none. */
  defaultPlatform?: string;
  /** The image contents of an earlier deployment on this host. */
  pinned?: Pinned;
}

/** A dependency condition that must hold when the dependent starts. */
export interface Gate {
  project: string;
  service: string;
  host: HostRef;
  condition: Dependency["condition"];
  required: boolean;
  /** The containers' own healthcheck must pass, if they have one. */
  mustBeWell?: true;
  /** k2's probe, checked in addition to the condition. */
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

/** A service whose containers another service's handler stops or starts, and its hooks. */
export interface Borrower extends Pick<Service, "pre_stop" | "post_start"> {
  service: string;
}

export interface Follower extends Borrower {
  host: HostRef;
}

export interface Hashed extends Pick<Service, "develop" | "attach"> {
  /** The file names no image: the name is derived from the build, and is not part of the configuration. */
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
  /** The services that run the image: Pulumi does not check the health of unchanged ones again. */
  gates: Gate[];
  /** The longest `pull_timeout` of the services with the image, in seconds. */
  pullTimeout?: number;
}

/** Fields that handlers add to the inputs, kind by kind; all of them are stored in the stack's state. */
export interface Outputs {
  /** Version of this shape: handlers read every version up to `stateSchema`. */
  schema: number;
  /** Identity of the engine that applied the resource. */
  engineId: string;
  stack: string;
  /** The last run began to change the resource and failed; absent after a run has finished it. */
  unfinished?: true;
  /** Paths of the inputs that are encrypted in state; absent in states of older versions. */
  encrypted?: string[];
}

/** Facts about the engine that applied the resource. */
export interface HostOutputs extends Outputs, Omit<EngineInfo, "id" | "name" | "swarm"> {
  engineName: string;
  /** Absent in states of older versions. */
  stackId?: string;
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

export type VolumeOutputs = Outputs;

export interface ImageOutputs extends Omit<Outputs, "engineId"> {
  /** "sha256:…", or "local" for an image that no registry has. */
  digest: string;
  /** Digests of the services' images that it was built from, by service. */
  bases?: Record<string, string>;
  /** A run without builds used the existing image, whose contents differ from the inputs. */
  unbuilt?: boolean;
  /**
   * Hosts that did not answer when this digest was found, and the digest that each has until it gets this one ("*": any).
   * Their copies are older, and not pulled by hand.
   */
  behind?: Record<string, string>;
  /** Only if the pull_policy follows the tag: when the registry was asked (ISO 8601), and by which host. */
  askedAt?: string;
  askedBy?: HostRef;
}

export interface HostImageOutputs extends Outputs {
  imageId: string;
  healthcheck: boolean;
  /** The digest of the stack's Image, if this image was created from it. */
  digest: string;
}

export interface DeployedContainer {
  id: string;
  name: string;
  /** Address in its first network, if it has one. */
  ip?: string;
  /** "8080:80/tcp" */
  ports: string[];
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

export interface ImageTagOutputs extends Outputs {
  imageId: string;
  /** The digest in the registry; empty if the image was only tagged. */
  digest: string;
}

export interface HealthCheckOutputs extends Omit<Outputs, "engineId"> {
  revision: string;
  /** Duration of the last successful attempt. */
  milliseconds: number;
}

/** Names of the outputs: the program declares them, the handlers exclude them from comparisons. */
export const outputNames = {
  Host: [
    "schema",
    "stack",
    "unfinished",
    "encrypted",
    "engineId",
    "stackId",
    "engineName",
    "version",
    "apiVersion",
    "os",
    "arch",
    "cpus",
    "memory",
  ],
  Network: ["schema", "stack", "unfinished", "encrypted", "engineId", "networkId", "swarm"],
  Volume: ["schema", "stack", "unfinished", "encrypted", "engineId"],
  Image: [
    ...[
      "schema",
      "stack",
      "unfinished",
      "encrypted",
      "digest",
      "bases",
      "unbuilt",
      "askedAt",
      "askedBy",
      "behind",
    ],
    ...["engineId", "imageId", "healthcheck"],
  ],
  Service: [
    "schema",
    "stack",
    "unfinished",
    "encrypted",
    "engineId",
    "containers",
    "containerIds",
    "revision",
    "last",
  ],
  HealthCheck: ["schema", "stack", "unfinished", "encrypted", "revision", "milliseconds"],
  ImageTag: ["schema", "stack", "unfinished", "encrypted", "engineId", "imageId", "digest"],
} as const;

/** As in the resource's type: `pulumi-nodejs:dynamic/k2:Service`. */
export type ResourceKind = keyof typeof outputNames;

/** `computed`: names in the context whose values are outputs of other resources. */
export interface Shapes {
  host: { inputs: HostInputs; context: HostContext; outputs: HostOutputs; computed: never };
  network: { inputs: NetworkInputs; context: NetworkContext; outputs: NetworkOutputs; computed: never };
  volume: { inputs: VolumeInputs; context: Context; outputs: VolumeOutputs; computed: never };
  /** The stack's image: one digest for all hosts. */
  image: { inputs: ImageInputs; context: ImageContext; outputs: ImageOutputs; computed: "bases" };
  /** The same image on one host. */
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

/**
 * The name of each kind in Pulumi's types, in the order of work. Both kinds of images have one Pulumi type, because states
 * of every version contain them as such.
 */
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

export const allKinds: readonly Kind[] = Object.keys(resourceKinds).filter(isKind);

function isKind(name: string): name is Kind {
  return Object.hasOwn(resourceKinds, name);
}

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

/** Image contents on one host. */
export interface Pinned {
  imageId: string;
  /** Other hosts that have the image. */
  holders: HostRef[];
}

/** "either": through the registry if it accepts the push, otherwise streamed. */
export type Way = "registry" | "stream" | "either";
