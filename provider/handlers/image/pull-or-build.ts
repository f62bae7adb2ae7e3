/** Pulls an image that has a `build:` and is in a registry already, as docker compose does. */
import { elementOf } from "../../shared/lookup.js";
import { inspectImageFor } from "../../engine/images/image-platform.js";
import { pull } from "../../engine/images/pull.js";
import { patientDigest } from "../../engine/images/registry-digest.js";
import { K2Error } from "../../shared/errors.js";
import { builtId } from "../../model/images/digest.js";
import type { ImageContext, ImageInputs, ImageOutputs } from "../../model/kinds.js";
import { label } from "../../model/labels.js";
import { mayBePulled, neverPulls, pullPolicy } from "../../model/images/pull-policy.js";
import { contentsOf, digestsOf } from "./image-build.js";
import { transferOptions } from "./transfer-options.js";
import type { Call } from "../process/handler.js";

/**
 * Returns the registry's digest, or undefined if the image is to be built. A policy that follows a tag has precedence
 * over the contents; without one the registry is asked only at the first deployment, if no host has the image, and is
 * ignored for an image that k2-compose built from other contents. A registry that does not answer is ignored too.
 */
export async function pulledInstead(
  inputs: ImageInputs,
  context: ImageContext,
  last: (ImageInputs & ImageOutputs) | undefined,
  due: boolean,
  call: Call,
): Promise<string | undefined> {
  if (context.run.build || !mayBePulled(inputs)) return undefined;
  const engine = call.session.engine(elementOf(context.hosts, 0));
  const isFirst = last === undefined && !neverPulls(pullPolicy(inputs, context.run));
  if (due || (isFirst && !(await inspectImageFor(engine, inputs.image, inputs.platform, call.signal)))) {
    try {
      const digest = await patientDigest(engine, inputs.image, call.signal);
      const { image, platform } = inputs;
      const given = {
        ...transferOptions(call, context),
        digest,
        ...(platform !== undefined && { platform }),
      };
      const known = (await pull(engine, image, given)).labels[label.build];
      if (due || known === undefined || known === contentsOf(inputs, context)) return digest;
    } catch (error) {
      call.signal.throwIfAborted();
      if (!K2Error.is(error) || error.code === "unreachable") throw error;
    }
  }
  return last && isAsItWas(inputs, context, last) ? last.digest : undefined;
}

/** The image was pulled, and its build contents have not changed since. */
function isAsItWas(inputs: ImageInputs, { bases }: ImageContext, last: ImageInputs & ImageOutputs): boolean {
  if (builtId(last.digest) !== undefined) return false;
  const made = (build: unknown, digests: unknown) => JSON.stringify([build, digests ?? {}]);
  return made(last.build, last.bases) === made(inputs.build, bases && digestsOf(bases));
}
