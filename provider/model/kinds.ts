/**
 * The data that the program passes to the handlers, kind by kind: plain JSON.
 *
 * `XInputs` is shown in previews, in compose terms; it is stored and compared. `XContext` accompanies it
 * under `__k2`: computed values and options of this run. The handlers' check removes it, so that it is
 * neither stored as an input nor shown as a difference. `XOutputs` are the fields that handlers add to the inputs; all
 * of them are stored in the stack's state.
 */
import type * as hosts from "./host-data.js";
import type * as images from "./image-data.js";
import type { Context } from "./run.js";
import type * as services from "./service-data.js";
import type * as swarms from "./swarm-data.js";

export type { HostRef } from "./host-ref.js";
export type * from "./gate.js";
export type * from "./host-data.js";
export type * from "./image-data.js";
export type * from "./run.js";
export type * from "./service-data.js";
export type * from "./swarm-data.js";

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
  Swarm: ["schema", "stack", "unfinished", "encrypted", "clusterId", "managers", "formed", "unlockKey"],
  SwarmNode: [
    ...["schema", "stack", "unfinished", "encrypted", "clusterId", "managers"],
    ...["nodeId", "joined", "adopted", "nodeLabels"],
  ],
  SwarmConfig: [
    ...["schema", "stack", "unfinished", "encrypted", "clusterId", "managers"],
    ...["objectId", "objectName", "contentDigest"],
  ],
  SwarmSecret: [
    ...["schema", "stack", "unfinished", "encrypted", "clusterId", "managers"],
    ...["objectId", "objectName", "contentDigest"],
  ],
  SwarmService: [
    ...["schema", "stack", "unfinished", "encrypted", "clusterId", "managers"],
    ...["serviceId", "digest", "platforms", "revision", "last"],
  ],
} as const;

export type ResourceKind = keyof typeof outputNames;

/** Outputs that Pulumi encrypts in state. */
export const secretOutputs: { readonly [K in ResourceKind]?: string[] } = { Swarm: ["unlockKey"] };

/** The resource's type in Pulumi begins with it; it is part of every existing state, so it must never change. */
export const typePrefix = "pulumi-nodejs:dynamic/k2:";

export function typeOf(kind: ResourceKind): string {
  return typePrefix + kind;
}

/** `computed`: names in the context whose values are outputs of other resources. */
export interface Shapes {
  host: { inputs: hosts.HostInputs; context: hosts.HostContext; outputs: hosts.HostOutputs; computed: never };
  network: {
    inputs: hosts.NetworkInputs;
    context: hosts.NetworkContext;
    outputs: hosts.NetworkOutputs;
    computed: never;
  };
  volume: { inputs: hosts.VolumeInputs; context: Context; outputs: hosts.VolumeOutputs; computed: never };
  /** The stack's image: one digest for all hosts. */
  image: {
    inputs: images.ImageInputs;
    context: images.ImageContext;
    outputs: images.ImageOutputs;
    computed: "bases";
  };
  /** The same image on one host. */
  hostImage: {
    inputs: images.HostImageInputs;
    context: images.HostImageContext;
    outputs: images.HostImageOutputs;
    computed: "digest";
  };
  service: {
    inputs: services.ServiceInputs;
    context: services.ServiceContext;
    outputs: services.ServiceOutputs;
    computed: "imageId" | "imageHealthcheck" | "shares" | "restarts";
  };
  healthCheck: {
    inputs: services.HealthCheckInputs;
    context: services.HealthCheckContext;
    outputs: services.HealthCheckOutputs;
    computed: "revision";
  };
  imageTag: {
    inputs: images.ImageTagInputs;
    context: images.ImageTagContext;
    outputs: images.ImageTagOutputs;
    computed: "imageId";
  };
  swarm: {
    inputs: swarms.ClusterInputs;
    context: swarms.ClusterContext;
    outputs: swarms.ClusterOutputs;
    computed: never;
  };
  swarmNode: {
    inputs: swarms.NodeInputs;
    context: swarms.NodeContext;
    outputs: swarms.NodeOutputs;
    computed: "formed";
  };
  swarmConfig: {
    inputs: swarms.SwarmObjectInputs;
    context: swarms.SwarmContext;
    outputs: swarms.SwarmObjectOutputs;
    computed: never;
  };
  swarmSecret: {
    inputs: swarms.SwarmObjectInputs;
    context: swarms.SwarmContext;
    outputs: swarms.SwarmObjectOutputs;
    computed: never;
  };
  swarmService: {
    inputs: swarms.SwarmServiceInputs;
    context: swarms.SwarmServiceContext;
    outputs: swarms.SwarmServiceOutputs;
    computed: "configs" | "secrets" | "build";
  };
}

export type Kind = keyof Shapes;

/**
 * The name of each kind in Pulumi's types, in the order of work. Both kinds of images have one Pulumi type, because states
 * of every version contain them as such.
 */
export const resourceKinds = {
  host: "Host",
  swarm: "Swarm",
  swarmNode: "SwarmNode",
  network: "Network",
  volume: "Volume",
  image: "Image",
  hostImage: "Image",
  swarmConfig: "SwarmConfig",
  swarmSecret: "SwarmSecret",
  service: "Service",
  swarmService: "SwarmService",
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
  Swarm: () => "swarm",
  SwarmNode: () => "swarmNode",
  SwarmConfig: () => "swarmConfig",
  SwarmSecret: () => "swarmSecret",
  SwarmService: () => "swarmService",
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
