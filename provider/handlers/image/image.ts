/** One tag, one digest: the stack's Image resolves the digest of a name, and the hosts' Images have exactly that. */
import { type Image, isSameContent, registryDigest } from "../../engine/images/image.js";
import { inspectImageFor } from "../../engine/images/image-platform.js";
import { lookAtRegistry } from "../../engine/images/registry-digest.js";
import { K2Error } from "../../shared/errors.js";
import { anyDigest, isBehind, localDigest, repositoryDigest } from "../../model/images/digest.js";
import { imageNamed } from "../../model/images/find-image.js";
import { parseImageReference } from "../../model/images/reference.js";
import {
  type HostRef,
  type ImageContext,
  type ImageInputs,
  type ImageOutputs,
  stateSchema,
} from "../../model/kinds.js";
import { holdsProject } from "../../model/observed.js";
import { follows, isDue, neverPulls, pullPolicy } from "../../model/images/pull-policy.js";
import { buildOn, digestsOf, takeAsItIs } from "./image-build.js";
import { pulledInstead } from "./pull-or-build.js";
import { type Call, type HandlerOf, outputsIn } from "../process/handler.js";

export const image: HandlerOf<"image"> = {
  identity: ({ project, image, platform = "" }) => `${project} ${image} ${platform}`,

  async create(inputs, context, call) {
    return { id: inputs.image, outputs: await resolve(inputs, context, undefined, call) };
  },

  async update(inputs, context, state, call) {
    return resolve(inputs, context, state, call);
  },

  /** As an input, since Pulumi shows no other differences: the next `up` finds it missing, and asks again. */
  async read(state, call) {
    const { stack, digest, askedBy } = state;
    const due = askedBy && isDue(state, state, { stack });
    const answer = due && (await lookAtRegistry(state.image, [call.session.engine(askedBy)], call.signal));
    const moved = answer && "digest" in answer && answer.digest !== digest;
    return { inputs: moved ? { moved_to: answer.digest } : {}, outputs: outputsIn("image", state) };
  },
};

async function resolve(
  inputs: ImageInputs,
  context: ImageContext,
  last: (ImageInputs & ImageOutputs) | undefined,
  call: Call,
): Promise<ImageOutputs> {
  const { run, bases } = context;
  const common = { schema: stateSchema, stack: run.stack };
  if (context.pinnedDigest !== undefined) return { ...common, digest: context.pinnedDigest };
  const hosts = await answering(context.hosts, call);
  const isFirst = last === undefined && follows(inputs.pull_policy);
  const before = last?.askedAt ?? (isFirst ? await taggedAt(inputs, { hosts }, call) : undefined);
  const due = isDue(inputs, { ...(before && { askedAt: before }) }, run);
  const at = new Date().toISOString();
  const { digest, unbuilt } = context.build
    ? await madeOrPulled(inputs, context, last, due, call)
    : { digest: await digestOf(inputs, { run, hosts }, last, due, call) };
  const behind = await hostsBehind(inputs, context, { digest, last }, call);
  const outputs = {
    ...common,
    digest,
    ...(bases && { bases: digestsOf(bases) }),
    ...(unbuilt && { unbuilt }),
    ...(behind && { behind }),
  };
  if (!follows(inputs.pull_policy) || !hosts[0]) return outputs;
  const askedAt = due ? at : before;
  return { ...outputs, ...(askedAt && { askedAt }), askedBy: hosts[0] };
}

async function madeOrPulled(
  inputs: ImageInputs,
  context: ImageContext,
  last: (ImageInputs & ImageOutputs) | undefined,
  due: boolean,
  call: Call,
): Promise<{ digest: string; unbuilt?: boolean | undefined }> {
  const pulled = await pulledInstead(inputs, context, last, due, call);
  if (pulled !== undefined) return { digest: pulled };
  if (context.run.noBuild) return takeAsItIs(inputs, context, last === undefined, call);
  return { digest: await buildOn(inputs, context, last?.digest, call) };
}

/** The earliest time at which a host tagged the image, for a first deployment; undefined if some host lacks it. */
async function taggedAt(
  inputs: ImageInputs,
  { hosts }: Pick<ImageContext, "hosts">,
  call: Call,
): Promise<string | undefined> {
  const copies = await Promise.all(hosts.map((host) => copyOn(host, inputs, call)));
  const times = copies.map((copy) => copy?.tagged);
  return times.includes(undefined) ? undefined : times.sort()[0];
}

async function digestOf(
  inputs: ImageInputs,
  { hosts, run }: Pick<ImageContext, "hosts" | "run">,
  last: ImageOutputs | undefined,
  due: boolean,
  call: Call,
): Promise<string> {
  const { digest: written } = parseImageReference(inputs.image);
  if (written !== undefined) return written;
  if (due) return askRegistry(inputs.image, hosts, false, call);
  const copies = await Promise.all(hosts.map((host) => copyOn(host, inputs, call)));
  const there = copies.filter((copy) => copy !== undefined);
  if (there.length === hosts.length && areLoaded(there, inputs.image)) return localDigest;
  const heard = await Promise.all(hosts.map((host) => mayDecideDigest(host, inputs, last?.digest, call)));
  const known = copies.flatMap((copy, at) => {
    const digest = copy && heard[at] ? repositoryDigest(copy.digests, inputs.image) : undefined;
    return digest === undefined || isBehind(last ?? {}, hosts[at]?.name ?? "", digest) ? [] : [digest];
  });
  const chosen = known.find((digest) => digest !== last?.digest) ?? known[0];
  if (chosen !== undefined) return chosen;
  if (there.length === hosts.length || neverPulls(pullPolicy(inputs, run))) return localDigest;
  return askRegistry(inputs.image, hosts, there.length > 0, call);
}

/**
 * Whether all hosts have the same image, and some engine knows no registry of it: engines that keep images in
 * containerd have a digest of every image, also of one that was loaded or built there, which cannot be pulled.
 */
function areLoaded(copies: Image[], name: string): boolean {
  const [first] = copies;
  const isOne = first !== undefined && copies.every((copy) => isSameContent(copy, first));
  return isOne && copies.some(({ digests }) => repositoryDigest(digests, name) === undefined);
}

/** A host that is only being added gets the image of the others, whatever image has that name there. */
async function mayDecideDigest(
  host: HostRef,
  { project }: ImageInputs,
  last: string | undefined,
  call: Call,
): Promise<boolean> {
  const seen = last === undefined ? undefined : await call.memory.snapshotIfReachable(host);
  return seen === undefined || holdsProject(seen, project);
}

/** The hosts that answer; all of them if none does, so that their failure is reported. */
async function answering(hosts: HostRef[], call: Call): Promise<HostRef[]> {
  const seen = await Promise.all(hosts.map((host) => call.memory.snapshotIfReachable(host)));
  const found = hosts.filter((_host, at) => seen[at]);
  return found.length > 0 ? found : hosts;
}

/** The hosts that keep an older copy until they answer, with its digest; undefined if there are none. */
async function hostsBehind(
  { image, build }: ImageInputs,
  { hosts }: ImageContext,
  { digest, last }: { digest: string; last: ImageOutputs | undefined },
  call: Call,
): Promise<Record<string, string> | undefined> {
  if (build) return undefined;
  const all = await Promise.all(
    hosts.map(async (host): Promise<[string, string][]> => {
      const seen = await call.memory.snapshotIfReachable(host);
      const there = seen && repositoryDigest(imageNamed(seen.images, image)?.digests ?? [], image);
      const known = last?.behind?.[host.name];
      if (there === digest || (seen && known === undefined)) return [];
      const before = known ?? (last === undefined ? anyDigest : last.digest);
      return before === digest ? [] : [[host.name, before]];
    }),
  );
  const behind = all.flat();
  return behind.length > 0 ? Object.fromEntries(behind) : undefined;
}

/** Undefined for a host that lacks the image, or does not answer: its own Image reports it. */
async function copyOn(host: HostRef, { image, platform }: ImageInputs, call: Call) {
  return inspectImageFor(call.session.engine(host), image, platform, call.signal).catch(() => undefined);
}

async function askRegistry(name: string, hosts: HostRef[], someHaveIt: boolean, call: Call): Promise<string> {
  let failure: unknown;
  for (const host of hosts) {
    try {
      return await registryDigest(call.session.engine(host), name, call.signal);
    } catch (error) {
      failure = error;
      // An engine that does not answer cannot ask the registry: the next one does.
      if (!K2Error.is(error) || error.code !== "unreachable") break;
    }
  }
  if (someHaveIt) return localDigest;
  throw failure;
}
