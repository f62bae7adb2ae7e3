/** One tag, one digest: the stack's Image finds out which bits a name means, the hosts' Images have exactly those. */
import { connect } from "../engine/connect.js";
import { inspectImage, registryDigest } from "../engine/image.js";
import { K2Error } from "../errors.js";
import { imageDrift } from "../model/drift.js";
import { localDigest, repositoryDigest } from "../model/image-digest.js";
import { parseImageReference } from "../model/image-reference.js";
import {
  type HostRef,
  type ImageContext,
  type ImageInputs,
  type ImageOutputs,
  stateSchema,
} from "../model/inputs.js";
import { buildOn } from "./image-build.js";
import { sightOf } from "./sight.js";
import type { Call, Handler } from "./transport.js";

export const image: Handler<ImageInputs, ImageContext, ImageOutputs> = {
  identity: ({ project, image, platform = "" }) => `${project} ${image} ${platform}`,

  async drift(inputs, context, state, call) {
    const sights = await Promise.all(
      context.hosts.map(async (host) => [host.name, await sightOf(host, call)] as const),
    );
    return imageDrift(
      inputs,
      state,
      context.run,
      sights.flatMap(([name, seen]) => (seen ? [[name, seen]] : [])),
    );
  },

  async create(inputs, context, call) {
    return { id: inputs.image, outputs: await resolve(inputs, context, undefined, call) };
  },

  async update(inputs, context, state, call) {
    return resolve(inputs, context, state.digest, call);
  },
};

async function resolve(
  inputs: ImageInputs,
  context: ImageContext,
  last: string | undefined,
  call: Call,
): Promise<ImageOutputs> {
  if (context.build)
    return {
      schema: stateSchema,
      stack: context.run.stack,
      digest: await buildOn(inputs, context, last, call),
    };
  const policy = context.run.pull ?? inputs.pull_policy;
  const digest = await digestOf({ ...inputs, pull_policy: policy }, context.hosts, last, call);
  return { schema: stateSchema, stack: context.run.stack, digest };
}

async function digestOf(
  inputs: ImageInputs,
  hosts: HostRef[],
  last: string | undefined,
  call: Call,
): Promise<string> {
  const { digest: written } = parseImageReference(inputs.image);
  if (written !== undefined) return written;
  const copies = await Promise.all(hosts.map((host) => copyOn(host, inputs.image, call)));
  const there = copies.filter((copy) => copy !== undefined);
  if (inputs.pull_policy !== "always") {
    const known = there.flatMap(({ digests }) => repositoryDigest(digests, inputs.image) ?? []);
    const chosen = known.find((digest) => digest !== last) ?? known[0];
    if (chosen !== undefined) return chosen;
    if (there.length === hosts.length || inputs.pull_policy === "never") return localDigest;
  }
  return askRegistry(inputs.image, hosts, there.length > 0, call);
}

/** Undefined for a host that has none, or is away: its own Image will say so. */
async function copyOn(host: HostRef, name: string, call: Call) {
  return inspectImage(connect(host), name, call.signal).catch(() => undefined);
}

async function askRegistry(name: string, hosts: HostRef[], someHaveIt: boolean, call: Call): Promise<string> {
  let failure: unknown;
  for (const host of hosts) {
    try {
      return await registryDigest(connect(host), name, call.signal);
    } catch (error) {
      failure = error;
      // An engine that is away says nothing about the registry: ask the next one.
      if (!K2Error.is(error) || error.code !== "unreachable") break;
    }
  }
  if (someHaveIt) return localDigest;
  throw failure;
}
