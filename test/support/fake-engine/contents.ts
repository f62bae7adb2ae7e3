import { createHash } from "node:crypto";
import type { FakeSwarm } from "./swarm.js";

export interface FakeContainer {
  Id: string;
  Name: string;
  Config: { Image: string; Labels: Record<string, string>; [key: string]: unknown };
  HostConfig: Record<string, unknown>;
  ImageID: string;
  State: "created" | "running" | "paused" | "exited";
  ExitCode: number;
  Created: number;
  Networks: Record<string, { NetworkID: string; IPAddress: string }>;
  /** Paths of the archives that were uploaded to it. */
  archives: string[];
}

/** How containers of an image behave once started. */
export interface FakeBehaviour {
  exitCode?: number;
  health?: "starting" | "healthy" | "unhealthy";
  log?: string;
}

export interface FakeNetwork {
  Id: string;
  Name: string;
  Driver: string;
  Labels: Record<string, string>;
  Options: Record<string, string>;
  [key: string]: unknown;
}

export interface FakeVolume {
  Name: string;
  Driver: string;
  Labels: Record<string, string>;
  Options: Record<string, string>;
}

export interface FakeImage {
  Id: string;
  RepoTags: string[];
  RepoDigests: string[];
  Labels: Record<string, string>;
}

/** The contents of a fake engine, which tests may read and change. */
export class FakeContents {
  readonly containers = new Map<string, FakeContainer>();
  readonly networks = new Map<string, FakeNetwork>();
  readonly volumes = new Map<string, FakeVolume>();
  readonly images = new Map<string, FakeImage>();
  /** The registry for pulls: digest by name with tag. */
  readonly registry = new Map<string, string>();
  /** Behaviour of containers, by image name with tag. */
  readonly behaviours = new Map<string, FakeBehaviour>();
  /** Milliseconds between two lines of a container's statistics. */
  statsEvery = 1000;
  /** The number of statistics lines so far. */
  statsLines = 0;
  /** The error of the engine's clock in milliseconds. */
  clockSkew = 0;
  /** The swarm that it is in, and the id of its node there. */
  swarm?: { of: FakeSwarm; node: string };
  private count = 0;

  constructor(
    readonly name: string,
    readonly apiVersion: string,
  ) {
    this.addNetwork("bridge", { Driver: "bridge" });
    this.addNetwork("host", { Driver: "host" });
    this.addNetwork("none", { Driver: "null" });
  }

  newId(): string {
    return sha(`${this.name} ${++this.count}`);
  }

  now(): number {
    return Date.now() + this.clockSkew;
  }

  addNetwork(name: string, more: Partial<FakeNetwork> = {}): FakeNetwork {
    const network = { Driver: "bridge", Labels: {}, Options: {}, ...more, Id: this.newId(), Name: name };
    this.networks.set(network.Id, network);
    return network;
  }

  /** Adds an image that needs no pull. */
  addImage(name: string, seed = name): FakeImage {
    const tag = tagged(name);
    for (const image of this.images.values()) image.RepoTags = image.RepoTags.filter((one) => one !== tag);
    const id = `sha256:${sha(seed)}`;
    const image = this.images.get(id) ?? { Id: id, RepoTags: [], RepoDigests: [], Labels: {} };
    image.RepoTags.push(tag);
    this.images.set(id, image);
    return image;
  }

  /** Adds an image to the registry. A second call with another seed moves the tag. */
  publish(name: string, seed = name): string {
    const digest = `sha256:${sha(`manifest ${seed}`)}`;
    this.registry.set(tagged(name), digest);
    this.registry.set(`${repository(name)}@${digest}`, digest);
    return digest;
  }

  findImage(reference: string): FakeImage | undefined {
    return [...this.images.values()].find(
      (image) =>
        image.Id === reference ||
        image.Id === `sha256:${reference}` ||
        image.RepoTags.includes(tagged(reference)) ||
        image.RepoDigests.includes(reference),
    );
  }

  findContainer(reference: string): FakeContainer | undefined {
    const all = [...this.containers.values()];
    return all.find((one) => one.Id === reference || one.Name === reference.replace(/^\//, ""));
  }

  findNetwork(reference: string): FakeNetwork | undefined {
    return (
      this.networks.get(reference) ??
      [...this.networks.values()].find((network) => network.Name === reference)
    );
  }

  behaviourOf(container: FakeContainer): FakeBehaviour {
    return this.behaviours.get(tagged(container.Config.Image)) ?? {};
  }
}

export function tagged(name: string): string {
  return name.includes("@") || name.includes(":", name.lastIndexOf("/") + 1) ? name : `${name}:latest`;
}

export function repository(name: string): string {
  const plain = name.split("@")[0]!;
  const colon = plain.indexOf(":", plain.lastIndexOf("/") + 1);
  return colon === -1 ? plain : plain.slice(0, colon);
}

function sha(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
