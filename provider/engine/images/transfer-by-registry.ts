import { K2Error } from "../../shared/errors.js";
import { parseImageReference } from "../../model/images/reference.js";
import type { OnStep } from "../../model/steps.js";
import type { Engine } from "../connection/connect.js";
import { untilAborted } from "../connection/deadline.js";
import { type Image, tag } from "./image.js";
import { pull } from "./pull.js";
import { push } from "./push.js";
import { patientDigest } from "./registry-digest.js";
import type { Stalling } from "./stall-watch.js";

interface ByRegistry extends Stalling {
  onProgress?: OnStep;
  signal?: AbortSignal;
}

/**
 * Transfers an image that one engine has built to another through the registry in its name. The first pushes it under a
 * separate tag, because it is not yet known to be good for users that pull the name; the second pulls it by digest, and
 * only the layers that it lacks.
 */
export async function giveByRegistry(
  from: Engine,
  to: Engine,
  reference: string,
  image: Image,
  options: ByRegistry,
): Promise<Image> {
  const digest = await pushed(from, reference, image, options);
  return pull(to, reference, { ...reportsOf(options), digest });
}

/**
 * Pulls an image that was transferred by registry before and that no host has any more; undefined if the registry has
 * not kept it either.
 */
export async function recallFromRegistry(
  engine: Engine,
  reference: string,
  id: string,
  options: ByRegistry = {},
): Promise<Image | undefined> {
  const name = sharedName(reference, id);
  try {
    await assertReachable(engine, name, options.signal);
    const image = await pull(engine, name, reportsOf(options));
    if (image.id === id) await tag(engine, id, reference, options.signal);
    await forget(engine, name);
    return image.id === id ? image : undefined;
  } catch (error) {
    if (options.signal?.aborted || !K2Error.is(error)) throw error;
    return undefined;
  }
}

/** Concurrent callers for one image share one push and its failure. A later call tries a failed push again. */
function pushed(from: Engine, reference: string, image: Image, options: ByRegistry): Promise<string> {
  const pushes = from.memory.of(newPushes);
  const key = `${image.id} ${parseImageReference(reference).name}`;
  let running = pushes.get(key);
  if (running === undefined) {
    running = pushBuilt(from, reference, image, options);
    pushes.set(key, running);
    running.catch(() => pushes.delete(key));
  }
  return options.signal ? untilAborted(options.signal, running) : running;
}

const newPushes = () => new Map<string, Promise<string>>();

/** Returns the digest. The engine does not keep the separate tag; the registry's copy may be deleted at any time. */
async function pushBuilt(
  from: Engine,
  reference: string,
  { id }: Image,
  options: ByRegistry,
): Promise<string> {
  const name = sharedName(reference, id);
  await assertReachable(from, name, options.signal);
  await tag(from, id, name, options.signal);
  try {
    return await push(from, name, reportsOf(options));
  } finally {
    await forget(from, name);
  }
}

/** Without options of other transfers. */
function reportsOf({ onProgress, signal, timeout, onSlow }: ByRegistry): ByRegistry {
  return { timeout, onSlow, ...(onProgress && { onProgress }), ...(signal && { signal }) };
}

/**
 * The image's tag in the registry. It is unique for each image, so that concurrent runs do not overwrite each other's.
 */
export function sharedName(reference: string, id: string): string {
  return `${parseImageReference(reference).name}:k2-${id.replace(/^sha256:/, "").slice(0, 16)}`;
}

async function forget(engine: Engine, name: string): Promise<void> {
  await engine.delete(`/images/${name}`, { query: { noprune: true }, ok: [404] }).catch(() => undefined);
}

/** Checks the registry first, because an engine retries a push to an unreachable one for minutes. */
async function assertReachable(engine: Engine, name: string, signal?: AbortSignal): Promise<void> {
  try {
    await patientDigest(engine, name, signal);
  } catch (error) {
    // A registry that does not know the name, or denies access to it, may still accept a push.
    if (!K2Error.is(error) || !["not-found", "refused"].includes(error.code)) throw error;
  }
}
