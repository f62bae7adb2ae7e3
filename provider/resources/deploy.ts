/** Registers a plan by the SDK's classes, which the program that computes the plan may use as well. */
import type { ComponentResource, CustomResourceOptions } from "@pulumi/pulumi/resource.js";
import type * as Sdk from "@pulumi/pulumi/output.js";
import type { Input } from "@pulumi/pulumi/output.js";
import { type ResourceKind, resourceKinds, type Run, secretOutputs } from "../model/kinds.js";
import type { Ref, Registration } from "../model/plan/node.js";
import { fromSdk } from "./sdk.js";
import { isKept, type Registered } from "./registered.js";
import { fillNode, type Notation, type PlaceholderValues } from "./values.js";
import { recordNoPromises, withoutStacks } from "./without-stacks.js";
import {
  HealthCheck,
  Host,
  Image,
  ImageTag,
  isMet,
  type K2Resource,
  Network,
  Service,
  Swarm,
  SwarmConfig,
  SwarmNode,
  SwarmSecret,
  SwarmService,
  Volume,
} from "./index.js";

const { concat, isSecret, Output, secret }: typeof Sdk = fromSdk("@pulumi/pulumi/output.js");

recordNoPromises();

interface DeployOptions {
  run: Run;
  parent: ComponentResource;
  /** Prefix of every name, so that two projects of one program do not collide: "shop/". */
  prefix: string;
  placeholders: PlaceholderValues;
}

const classes = {
  ...{ Host, Network, Volume, Image, Service, HealthCheck, ImageTag },
  ...{ Swarm, SwarmNode, SwarmConfig, SwarmSecret, SwarmService },
} as const satisfies Record<ResourceKind, unknown>;

/** Values as Outputs. */
const inOutputs: Notation = {
  secret,
  concat: (parts) => concat(...(parts as Input<unknown>[])),
  isSecret: (value) => (Output.isInstance(value) ? isSecret(value) : undefined),
};

/** Registers a resource for every node, and returns them by the ids of the nodes. */
export function deploy(nodes: Registration[], options: DeployOptions): Map<string, Registered> {
  const resources = new Map<string, K2Resource>();
  const registered = new Map<string, Registered>();
  for (const node of nodes) {
    const resource = register(node, resources, options);
    resources.set(node.id, resource);
    registered.set(node.id, registeredAs(resourceKinds[node.kind], resource));
  }
  return registered;
}

function registeredAs(kind: ResourceKind, resource: K2Resource): Registered {
  return { kind, isMet: isMet(resource), output: (name) => Reflect.get(resource, name) as Input<unknown> };
}

function register(
  node: Registration,
  resources: Map<string, K2Resource>,
  { run, parent, prefix, placeholders }: DeployOptions,
): K2Resource {
  const kind = resourceKinds[node.kind];
  const Class = classes[kind];
  const outputOf = ({ node: id, output }: Ref) => {
    const resource = resources.get(id);
    const value: unknown = resource && Reflect.get(resource, output);
    if (value === undefined) throw new Error(`${id} is not registered before its users`);
    return value;
  };
  const { inputs, context, encrypted } = fillNode(node, { notation: inOutputs, outputOf, placeholders });
  const ofRun = {
    run,
    encrypted,
    ...(node.optional?.length && { later: allMet(node.optional, resources) }),
  };
  const resourceOptions: CustomResourceOptions = {
    dependsOn: node.dependsOn.flatMap((id) => resources.get(id) ?? []),
    parent,
    ...(secretOutputs[kind] && { additionalSecretOutputs: secretOutputs[kind] }),
    ...(node.kind === "volume" && { retainOnDelete: isKept(node, run) }),
  };
  return withoutStacks(
    () => new Class(kind, prefix + node.name, inputs, { ...context, ...ofRun }, resourceOptions),
  );
}

/** A promise instead of an Output: the waiting resource is registered later, but does not depend on it. */
async function allMet(ids: string[], resources: Map<string, K2Resource>): Promise<boolean> {
  await Promise.all(ids.flatMap((id) => resources.get(id) ?? []).map(isMet));
  return true;
}
