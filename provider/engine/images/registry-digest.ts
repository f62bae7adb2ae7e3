import { K2Error } from "../../shared/errors.js";
import type { RegistryAnswer } from "../../model/images/pull-policy.js";
import { parseImageReference } from "../../model/images/reference.js";
import type { Engine } from "../connection/connect.js";
import { deadlineAfter, untilAborted } from "../connection/deadline.js";
import { registryDigest, registryImage } from "./image.js";

/** Milliseconds. Longer than for an engine, because a registry is farther away and may require a token first. */
const patience = 10_000;

/**
 * Looks up the digest of a name in its registry, for a preview: never throws, and waits at most ten seconds. The first
 * engine that answers is used for all.
 */
export async function lookAtRegistry(
  image: string,
  engines: readonly Engine[],
  signal?: AbortSignal,
): Promise<RegistryAnswer> {
  const limit = deadlineAfter(patience, signal, (late) => new K2Error("timeout", late.message));
  try {
    for (const engine of engines) {
      try {
        return {
          digest: await untilAborted(limit.signal, registryDigest(engine, image, limit.signal)),
        };
      } catch (error) {
        signal?.throwIfAborted();
        // An unreachable engine does not prove that the registry is: the next engine is tried.
        if (!K2Error.is(error) || error.code !== "unreachable") return { failure: textOf(error) };
      }
    }
    return undefined;
  } finally {
    limit.clear();
  }
}

/** Returns the digest, or the reason why there is none, within ten seconds. */
export async function patientDigest(engine: Engine, image: string, signal?: AbortSignal): Promise<string> {
  return (await patientImage(engine, image, signal)).digest;
}

/** The same with the platforms of the image. */
export async function patientImage(
  engine: Engine,
  image: string,
  signal?: AbortSignal,
): ReturnType<typeof registryImage> {
  const limit = deadlineAfter(
    patience,
    signal,
    (late) =>
      new K2Error("timeout", `look up ${image}: ${late.message} from the registry`, {
        at: engine.host.name,
        hint: `The engine itself, not this machine, must reach ${parseImageReference(image).registry}.`,
      }),
  );
  try {
    return await untilAborted(limit.signal, registryImage(engine, image, limit.signal));
  } finally {
    limit.clear();
  }
}

function textOf(error: unknown): string {
  return K2Error.is(error) ? error.what : String(error);
}
