import { connect } from "../engine/connect.js";
import { inspectImage, tag } from "../engine/image.js";
import { pull } from "../engine/pull.js";
import { K2Error } from "../errors.js";
import { hostImageDrift } from "../model/drift.js";
import { localDigest, repositoryDigest } from "../model/image-digest.js";
import { byDigest, parseImageReference } from "../model/image-reference.js";
import { type HostImageContext, type HostImageInputs, type HostImageOutputs, stateSchema } from "../model/inputs.js";
import { imageNamed } from "../model/observed.js";
import { sightOf } from "./sight.js";
import type { Call, Handler } from "./transport.js";

/** The bits of the stack's Image on one host, under the name as written. */
export const hostImage: Handler<HostImageInputs, HostImageContext, HostImageOutputs> = {
  identity: ({ project, image, platform = "", host }) => `${project} ${image} ${platform}@${host.name}`,

  async drift(inputs, context, state, call) {
    return hostImageDrift(inputs, context.digest, state, await sightOf(inputs.host, call));
  },

  async create(inputs, context, call) {
    return { id: `${inputs.image}@${inputs.host.name}`, outputs: await provide(inputs, context, call) };
  },

  async update(inputs, context, _state, call) {
    return provide(inputs, context, call);
  },

  async read(state, call) {
    const { schema, stack, engineId, imageId, healthcheck } = state;
    const seen = await sightOf(state.host, call);
    if (!seen) return { inputs: {}, outputs: { schema, stack, engineId, imageId, healthcheck } };
    const there = imageNamed(seen.images, state.image);
    return there && { inputs: {}, outputs: { schema, stack, engineId: seen.engine.id, imageId: there.id, healthcheck } };
  },

  // Images stay on their hosts: other containers may use them, and the next `up` is glad of them.
};

async function provide(inputs: HostImageInputs, context: HostImageContext, call: Call): Promise<HostImageOutputs> {
  const engine = connect(inputs.host);
  const { ID: engineId } = await engine.get<{ ID: string }>("/info", { signal: call.signal });
  const { id, healthcheck } = await bits(inputs, context.digest, call);
  return { schema: stateSchema, stack: context.run.stack, engineId, imageId: id, healthcheck };
}

async function bits(inputs: HostImageInputs, digest: string, call: Call) {
  const engine = connect(inputs.host);
  const there = await inspectImage(engine, inputs.image, call.signal);
  if (digest === localDigest) {
    if (there) return there;
    throw new K2Error("not-found", `image ${inputs.image} is not here, and no registry knows it`, {
      at: inputs.host.name,
      hint: "Load it (docker load), or push it to a registry that this host reaches.",
    });
  }
  if (there && repositoryDigest(there.digests, inputs.image) === digest) return there;
  const exact = await inspectImage(engine, byDigest(inputs.image, digest), call.signal);
  if (exact) {
    if (parseImageReference(inputs.image).digest === undefined) await tag(engine, exact.id, inputs.image, call.signal);
    return exact;
  }
  const { platform } = inputs;
  const onProgress = ({ text }: { text: string }) => call.progress(text);
  return pull(engine, inputs.image, { digest, onProgress, signal: call.signal, ...(platform !== undefined && { platform }) });
}
