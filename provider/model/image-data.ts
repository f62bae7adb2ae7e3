/** Inputs, contexts and outputs of images and image tags. */
import type { Build } from "../compose/types.js";
import type { HostRef } from "./host-ref.js";
import type { Context, Outputs } from "./run.js";
import type { Gate } from "./gate.js";

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
  /** All hosts that use the image, by name, if there are several. Only for an image that is not built. */
  users?: HostRef[];
  /** The platform to pull for, if the service names none. */
  defaultPlatform?: string;
  /** The image contents of an earlier deployment on this host. */
  pinned?: Pinned;
}

export interface HostImageOutputs extends Outputs {
  imageId: string;
  healthcheck: boolean;
  /** The digest of the stack's Image, if this image was created from it. */
  digest: string;
}

/** Image contents on one host. */
export interface Pinned {
  imageId: string;
  /** Other hosts that have the image. */
  holders: HostRef[];
}

/** "either": through the registry if it accepts the push, otherwise streamed. */
export type Way = "registry" | "stream" | "either";

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

export interface ImageTagOutputs extends Outputs {
  imageId: string;
  /** The digest in the registry; empty if the image was only tagged. */
  digest: string;
}
