/** What has a `build:` and is in a registry already need not be built: as docker compose does, it is pulled then. */
import { connect } from "../../engine/connection/connect.js";
import { inspectImageFor } from "../../engine/images/image-platform.js";
import { pull } from "../../engine/images/pull.js";
import { patientDigest } from "../../engine/images/registry-digest.js";
import { K2Error } from "../../shared/errors.js";
import { builtId } from "../../model/images/digest.js";
import type { ImageContext, ImageInputs, ImageOutputs } from "../../model/kinds.js";
import { label } from "../../model/labels.js";
import { mayBePulled, neverPulls, pullPolicy } from "../../model/images/pull-policy.js";
import { contentsOf, digestsOf } from "./image-build.js";
import type { Call } from "../pulumi/adapter.js";

/**
 * The registry's digest, or undefined for what is to be built. A policy that follows a tag goes before the contents; without
 * one the registry is asked at the first deployment only, where nobody has the image, and not believed about an image
 * that k2-compose built of other contents. A registry that does not answer holds up nothing.
 */
export async function pulledInstead(
  inputs: ImageInputs,
  context: ImageContext,
  last: (ImageInputs & ImageOutputs) | undefined,
  due: boolean,
  call: Call,
): Promise<string | undefined> {
  if (context.run.build || !mayBePulled(inputs)) return undefined;
  const engine = connect(context.hosts[0]!);
  const isFirst = last === undefined && !neverPulls(pullPolicy(inputs, context.run));
  if (due || (isFirst && !(await inspectImageFor(engine, inputs.image, inputs.platform, call.signal)))) {
    try {
      const digest = await patientDigest(engine, inputs.image, call.signal);
      const { image, platform } = inputs;
      const given = {
        digest,
        onProgress: call.progress,
        signal: call.signal,
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

/** It was pulled, and would be built of the same as then. */
function isAsItWas(inputs: ImageInputs, { bases }: ImageContext, last: ImageInputs & ImageOutputs): boolean {
  if (builtId(last.digest) !== undefined) return false;
  const made = (build: unknown, digests: unknown) => JSON.stringify([build, digests ?? {}]);
  return made(last.build, last.bases) === made(inputs.build, bases && digestsOf(bases));
}
