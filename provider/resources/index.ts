/** The Pulumi resource of each kind: a name, inputs, and outputs that other resources can use. */
import type * as Sdk from "@pulumi/pulumi/resource.js";
import type { Input, Output } from "@pulumi/pulumi/output.js";
import { type DeployedContainer, outputNames, type ResourceKind, typeOf } from "../model/kinds.js";
import { fromSdk } from "./sdk.js";
import { stub } from "./state-stub.js";
import { valueOf } from "./values.js";

const { CustomResource, createUrn }: typeof Sdk = fromSdk("@pulumi/pulumi/resource.js");

/**
 * An output that no handler writes. After a success, Pulumi reports it as known and absent; if the resource failed or was
 * skipped, Pulumi reports it as unknown, even if the handler has returned outputs of a partial creation.
 */
const unwritten = "unwritten";

/** Inputs are plain values or Outputs at any depth; the handlers' `check` removes `context` from them. */
export abstract class K2Resource extends CustomResource {
  declare readonly [unwritten]: Output<undefined>;

  constructor(
    kind: ResourceKind,
    name: string,
    inputs: Record<string, unknown>,
    context: Record<string, unknown>,
    options: Sdk.CustomResourceOptions,
  ) {
    const type = typeOf(kind);
    const outputs = Object.fromEntries(outputNames[kind].map((output) => [output, undefined]));
    // A promise, not an Output: an Output would wait for the parent, which waits for its children.
    const urn = valueOf(createUrn(name, type, options.parent));
    super(
      type,
      name,
      {
        ...outputs,
        [unwritten]: undefined,
        ...inputs,
        __k2: { ...context, urn },
        __provider: stub(kind),
      },
      options,
    );
  }
}

/** Whether this run brought the resource into its desired state. */
export async function isMet(resource: K2Resource): Promise<boolean> {
  const { isKnown } = resource.unwritten as Output<undefined> & { isKnown: Promise<boolean> };
  // Pulumi is shutting down: the result is not used.
  return isKnown.catch(() => true);
}

export class Host extends K2Resource {
  declare readonly address: Output<string>;
  declare readonly engineId: Output<string>;
  declare readonly version: Output<string>;
}

export class Network extends K2Resource {
  declare readonly networkId: Output<string>;
}

export class Volume extends K2Resource {}

export class Image extends K2Resource {
  declare readonly digest: Output<string>;
  declare readonly imageId: Output<string>;
}

export class Service extends K2Resource {
  declare readonly containers: Output<DeployedContainer[]>;
  declare readonly containerIds: Output<string[]>;
  declare readonly revision: Output<string>;
}

export class HealthCheck extends K2Resource {
  declare readonly revision: Output<string>;
}

export class ImageTag extends K2Resource {
  declare readonly digest: Output<string>;
}

export class Swarm extends K2Resource {
  declare readonly clusterId: Output<string>;
}

export class SwarmNode extends K2Resource {
  declare readonly nodeId: Output<string>;
}

export class SwarmConfig extends K2Resource {
  declare readonly objectId: Output<string>;
  declare readonly objectName: Output<string>;
}

export class SwarmSecret extends K2Resource {
  declare readonly objectId: Output<string>;
  declare readonly objectName: Output<string>;
}

export class SwarmService extends K2Resource {
  declare readonly serviceId: Output<string>;
  declare readonly digest: Output<string>;
}

export type { Input };
