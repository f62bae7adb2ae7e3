/** The Pulumi side of each kind: a name, inputs, and outputs that other resources may use. */
import { type CustomResourceOptions, CustomResource, createUrn } from "@pulumi/pulumi/resource.js";
import type { Input, Output } from "@pulumi/pulumi/output.js";
import { type DeployedContainer, outputNames, type ResourceKind } from "../model/kinds.js";
import { stub } from "./state-stub.js";

/**
 * An output that no handler ever writes. After a success Pulumi says that it is absent; of a resource that failed or was
 * skipped it says that nothing absent is known, even where the handler has returned outputs of what it began.
 */
const unwritten = "unwritten";

/** Inputs are plain values or Outputs at any depth; `context` is what the handlers' check takes off again. */
export abstract class K2Resource extends CustomResource {
  declare readonly [unwritten]: Output<undefined>;

  constructor(
    kind: ResourceKind,
    name: string,
    inputs: Record<string, unknown>,
    context: Record<string, unknown>,
    options: CustomResourceOptions,
  ) {
    const type = `pulumi-nodejs:dynamic/k2:${kind}`;
    const outputs = Object.fromEntries(outputNames[kind].map((output) => [output, undefined]));
    // A promise, not an Output: as an Output it would wait for the parent, which waits for its children.
    const urn = new Promise<string>((resolve) => createUrn(name, type, options.parent).apply(resolve));
    super(
      type,
      name,
      {
        ...outputs,
        [unwritten]: undefined,
        ...inputs,
        __k2: { ...context, urn },
        __provider: stub(kind),
      } as never,
      options,
    );
  }
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

export type { Input };
