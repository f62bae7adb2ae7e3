import { passGate } from "../../engine/containers/gate.js";
import { tag } from "../../engine/images/image.js";
import { identityOf } from "../../engine/observe/snapshot.js";
import { push } from "../../engine/images/push.js";
import {
  type ImageTagContext,
  type ImageTagInputs,
  type ImageTagOutputs,
  stateSchema,
} from "../../model/kinds.js";
import type { Call, HandlerOf } from "../process/handler.js";
import { transferOptions } from "./transfer-options.js";

/** Adds a tag to a proven image, in the registry too. Earlier tags are kept. */
export const imageTag: HandlerOf<"imageTag"> = {
  identity: ({ project, target }) => `${project} ${target}`,

  async create(inputs, context, call) {
    return { id: inputs.target, outputs: await save(inputs, context, call) };
  },

  async update(inputs, context, _state, call) {
    return save(inputs, context, call);
  },
};

async function save(inputs: ImageTagInputs, context: ImageTagContext, call: Call): Promise<ImageTagOutputs> {
  const { signal } = call;
  await Promise.all(context.gates.map((gate) => passGate(gate, call)));
  const engine = call.session.engine(inputs.host);
  await tag(engine, context.imageId, inputs.target, signal);
  const digest = inputs.push ? await push(engine, inputs.target, transferOptions(call, context)) : "";
  return {
    schema: stateSchema,
    stack: context.run.stack,
    engineId: await identityOf(engine, signal),
    imageId: context.imageId,
    digest,
  };
}
