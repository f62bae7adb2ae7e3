import { type Image, inspectImage, tag } from "../../engine/images/image.js";
import { inspectImageFor } from "../../engine/images/image-platform.js";
import { identityOf } from "../../engine/observe/snapshot.js";
import { pull } from "../../engine/images/pull.js";
import { K2Error } from "../../shared/errors.js";
import { builtId, localDigest, repositoryDigest } from "../../model/images/digest.js";
import { byDigest, parseImageReference } from "../../model/images/reference.js";
import {
  type HostImageContext,
  type HostImageInputs,
  type HostImageOutputs,
  stateSchema,
} from "../../model/kinds.js";
import { imageNamed } from "../../model/images/find-image.js";
import { neverPulls, pullPolicy } from "../../model/images/pull-policy.js";
import { transferToHost } from "./image-transfer.js";
import { localImage } from "./local-copies.js";
import { pinnedImage } from "./pinned-image.js";
import { transferOptions } from "./transfer-options.js";
import { snapshotOrWarn } from "../process/snapshots.js";
import { type Call, type HandlerOf, outputsIn } from "../process/handler.js";

/** The image of the stack's Image on one host, under the name in the file. */
export const hostImage: HandlerOf<"hostImage"> = {
  identity: ({ project, image, platform = "", host }) => `${project} ${image} ${platform}@${host.name}`,

  async create(inputs, context, call) {
    return { id: `${inputs.image}@${inputs.host.name}`, outputs: await provide(inputs, context, true, call) };
  },

  async update(inputs, context, _state, call) {
    return provide(inputs, context, false, call);
  },

  async read(state, call) {
    const last = outputsIn("hostImage", state);
    const seen = await snapshotOrWarn(state.host, call);
    if (!seen) return { inputs: {}, outputs: last };
    const there = imageNamed(seen.images, state.image);
    return there && { inputs: {}, outputs: { ...last, engineId: seen.engine.id, imageId: there.id } };
  },

  // Images are kept on their hosts: other containers may use them, and the next `up` reuses them.
};

async function provide(
  inputs: HostImageInputs,
  context: HostImageContext,
  isNew: boolean,
  call: Call,
): Promise<HostImageOutputs> {
  const { pinned } = context;
  const { id, healthcheck } = await (pinned
    ? pinnedImage(inputs, { ...context, pinned }, call)
    : fetchImage(inputs, context, isNew, call));
  const engineId = await identityOf(call.session.engine(inputs.host), call.signal);
  const { stack } = context.run;
  return { schema: stateSchema, stack, engineId, imageId: id, healthcheck, digest: context.digest };
}

async function fetchImage(
  inputs: HostImageInputs,
  { digest, builder, way, run, ...own }: HostImageContext,
  isNew: boolean,
  call: Call,
): Promise<Image> {
  const engine = call.session.engine(inputs.host);
  const policy = pullPolicy(own, run);
  const built = builtId(digest);
  if (builder && built !== undefined) {
    const there = await inspectImage(engine, inputs.image, call.signal);
    if (there && there.id === built) return there;
    return transferToHost({ image: inputs.image, builder, way, ...own }, engine, call);
  }
  const { platform } = inputs;
  const there = await inspectImageFor(engine, inputs.image, platform, call.signal);
  if (digest === localDigest) {
    const local = isNew ? await localImage(inputs, { way, ...own }, there, call) : there;
    if (local) return local;
    if (neverPulls(policy)) throw notPulled(inputs, policy);
    throw new K2Error("not-found", `image ${inputs.image} is not on this host, and in no registry`, {
      at: inputs.host.name,
      hint: "Load it (docker load), or push it to a registry that this host reaches.",
    });
  }
  if (there && repositoryDigest(there.digests, inputs.image) === digest) return there;
  const exact = await inspectImageFor(engine, byDigest(inputs.image, digest), platform, call.signal);
  if (exact) {
    if (parseImageReference(inputs.image).digest === undefined)
      await tag(engine, exact.id, inputs.image, call.signal);
    return exact;
  }
  if (neverPulls(policy)) throw notPulled(inputs, policy);
  const wanted = platform ?? own.defaultPlatform;
  return pull(engine, inputs.image, {
    ...transferOptions(call, own),
    digest,
    ...(wanted !== undefined && { platform: wanted }),
  });
}

function notPulled({ image, host }: HostImageInputs, policy: string): K2Error {
  return new K2Error(
    "not-found",
    `image ${image} is not on this host, and is not pulled (pull policy: ${policy})`,
    {
      at: host.name,
      hint: "Load it (docker load), pull it by hand, or set another pull_policy (--pull missing).",
    },
  );
}
