import { K2Error } from "../../shared/errors.js";
import { parseImageReference } from "../../model/images/reference.js";
import type { OnStep } from "../../model/steps.js";
import type { Engine } from "../connection/connect.js";
import { untilAborted } from "../connection/deadline.js";
import { type Image, tag } from "./image.js";
import { pull } from "./pull.js";
import { push } from "./push.js";
import { patientDigest } from "./registry-digest.js";

interface ByRegistry {
  onProgress?: OnStep;
  signal?: AbortSignal;
}

/**
 * Gives what one engine has built to another by way of the registry that its name names: the one pushes, under a tag of
 * its own, since nobody has said yet that the image is good for those who pull the name; the other pulls by digest, and
 * only what it lacks.
 */
export async function giveByRegistry(
  from: Engine,
  to: Engine,
  reference: string,
  image: Image,
  { onProgress, signal }: ByRegistry,
): Promise<Image> {
  const report = onProgress && { onProgress };
  const stop = signal && { signal };
  const digest = await pushed(from, reference, image, { ...report, ...stop });
  return pull(to, reference, { digest, ...report, ...stop });
}

/** What was given by registry once, and no host has any more; undefined where the registry has not kept it either. */
export async function recallFromRegistry(
  engine: Engine,
  reference: string,
  id: string,
  { onProgress, signal }: ByRegistry = {},
): Promise<Image | undefined> {
  const name = sharedName(reference, id);
  try {
    await demandReachable(engine, name, signal);
    const image = await pull(engine, name, { ...(onProgress && { onProgress }), ...(signal && { signal }) });
    if (image.id === id) await tag(engine, id, reference, signal);
    await forget(engine, name);
    return image.id === id ? image : undefined;
  } catch (error) {
    if (signal?.aborted || !K2Error.is(error)) throw error;
    return undefined;
  }
}

/** Those who want an image at the same time share one push, and its failure. A push that failed is tried again by the next. */
function pushed(from: Engine, reference: string, image: Image, options: ByRegistry): Promise<string> {
  const key = `${from.host.address} ${image.id} ${parseImageReference(reference).name}`;
  let running = pushes.get(key);
  if (running === undefined) {
    running = pushBuilt(from, reference, image, options);
    pushes.set(key, running);
    running.catch(() => pushes.delete(key));
  }
  return options.signal ? untilAborted(options.signal, running) : running;
}

const pushes = new Map<string, Promise<string>>();

/** Returns the digest. The engine keeps no name of it; what the registry keeps may be deleted there at any time. */
async function pushBuilt(
  from: Engine,
  reference: string,
  { id }: Image,
  { onProgress, signal }: ByRegistry,
): Promise<string> {
  const name = sharedName(reference, id);
  await demandReachable(from, name, signal);
  await tag(from, id, name, signal);
  try {
    return await push(from, name, { ...(onProgress && { onProgress }), ...(signal && { signal }) });
  } finally {
    await forget(from, name);
  }
}

/** What an image of that id is called there. No two images share it, so that two runs at once cannot take each other's. */
export function sharedName(reference: string, id: string): string {
  return `${parseImageReference(reference).name}:k2-${id.replace(/^sha256:/, "").slice(0, 16)}`;
}

async function forget(engine: Engine, name: string): Promise<void> {
  await engine.delete(`/images/${name}`, { query: { noprune: true }, ok: [404] }).catch(() => undefined);
}

/** An engine tries for minutes to push to where nobody answers. */
async function demandReachable(engine: Engine, name: string, signal?: AbortSignal): Promise<void> {
  try {
    await patientDigest(engine, name, signal);
  } catch (error) {
    // Whoever does not know the name, or shows it to nobody, may still take it.
    if (!K2Error.is(error) || !["not-found", "refused"].includes(error.code)) throw error;
  }
}
