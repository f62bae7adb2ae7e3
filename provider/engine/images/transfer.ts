import { K2Error } from "../../shared/errors.js";
import type { Way } from "../../model/kinds.js";
import { isImageId } from "../../model/images/reference.js";
import type { OnStep } from "../../model/steps.js";
import { giveByRegistry } from "./transfer-by-registry.js";
import type { Engine } from "../connection/connect.js";
import { type Image, inspectImage, tag } from "./image.js";
import { configsOf, type ImageStore, imageStoreOf, isWhole, parentsOf } from "./image-store.js";
import type { Stalling } from "./stall-watch.js";
import { sendImage } from "./stream-image.js";
import { inSlot } from "../connection/host-slots.js";
import { whatToSpare } from "./shared-layers.js";

interface Transfer extends Stalling {
  /** Default: stream. */
  way?: Way;
  onProgress?: OnStep;
  /** Called with the reason if the image is streamed although a registry is configured. */
  onDetour?: (why: K2Error) => void;
  signal?: AbortSignal;
}

/**
 * Transfers an image from one engine to another. A streamed image flows through this machine without being stored;
 * layers that the target has are not sent, and an image that it has is only tagged. The name is set last, so that it
 * never refers to an incomplete image.
 */
export async function transferImage(
  from: Engine,
  to: Engine,
  reference: string,
  options: Transfer = {},
): Promise<Image> {
  const { signal } = options;
  const [source, present] = await Promise.all([
    inspectImage(from, reference, signal),
    inspectImage(to, reference, signal),
  ]);
  if (source === undefined)
    throw new K2Error("not-found", `there is no image ${reference} to send to ${to.host.name}`, {
      at: from.host.name,
    });
  if (present?.id === source.id) return present;
  const [own, theirs] = await Promise.all([imageStoreOf(from, signal), imageStoreOf(to, signal)]);
  const id =
    (await findImageId(to, source.id, { own, theirs }, signal)) ??
    (await give(from, to, reference, source, { own, theirs }, options));
  if (!isImageId(reference)) await tag(to, id, reference, signal);
  const arrived = await inspectImage(to, isImageId(reference) ? id : reference, signal);
  if (arrived !== undefined) return arrived;
  throw new K2Error("engine", `${reference} from ${from.host.name} did not arrive`, { at: to.host.name });
}

interface Stores {
  own: ImageStore | undefined;
  theirs: ImageStore | undefined;
}

/**
 * Returns the image's id on the target, if it is there: engines with a graph driver identify an image by its
 * configuration, engines with the containerd image store by its manifest or index.
 */
async function findImageId(
  to: Engine,
  id: string,
  { own, theirs }: Stores,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const configs = own?.kind === "content" ? configsOf(own.blobs, id) : [id];
  const candidates =
    theirs?.kind === "content"
      ? [id, ...parentsOf(theirs.blobs, configs)].filter((digest) => isWhole(theirs.blobs, digest))
      : [id, ...configs];
  for (const candidate of new Set(candidates))
    if ((await inspectImage(to, candidate, signal)) !== undefined) return candidate;
  return undefined;
}

/** Returns the id on the target. */
async function give(
  from: Engine,
  to: Engine,
  reference: string,
  image: Image,
  { own, theirs }: Stores,
  options: Transfer,
): Promise<string> {
  const { way = "stream", onDetour, signal } = options;
  const stream = () =>
    inSlot(
      "load",
      to,
      async () => sendImage(from, to, image, await whatToSpare(image, own, to, theirs, signal), options),
      signal,
    );
  if (way === "stream") return stream();
  try {
    return (await giveByRegistry(from, to, reference, image, options)).id;
  } catch (error) {
    if (way === "registry" || signal?.aborted || !K2Error.is(error)) throw error;
    onDetour?.(error);
    return stream();
  }
}
