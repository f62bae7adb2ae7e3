import { K2Error } from "../errors.js";
import type { Way } from "../model/distribute.js";
import { isImageId } from "../model/image-reference.js";
import { giveByRegistry } from "./by-registry.js";
import type { Engine } from "./connect.js";
import { type Image, inspectImage, inPath, tag } from "./image.js";
import { inSlot } from "./slots.js";
import { jsonLines } from "./stream.js";

export interface Transfer {
  /** Default: stream. */
  way?: Way;
  onProgress?: (progress: { text: string }) => void;
  /** Called with the reason where it is streamed though a registry is named. */
  onDetour?: (why: K2Error) => void;
  signal?: AbortSignal;
}

/**
 * Gives an image of one engine to another. Streamed, it flows through this machine and is stored nowhere. An engine that
 * has it already gets its name only.
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
  if (!isImageId(reference) && (await inspectImage(to, source.id, signal)) !== undefined)
    await tag(to, source.id, reference, signal);
  else await give(from, to, reference, source, options);
  const arrived = await inspectImage(to, reference, signal);
  if (arrived !== undefined) return arrived;
  throw new K2Error("engine", `${reference} from ${from.host.name} did not arrive`, { at: to.host.name });
}

async function give(
  from: Engine,
  to: Engine,
  reference: string,
  image: Image,
  options: Transfer,
): Promise<void> {
  const { way = "stream", onDetour, signal } = options;
  const stream = () => inSlot("load", to.host, () => send(from, to, reference, options), signal);
  if (way === "stream") return stream();
  try {
    await giveByRegistry(from, to, reference, image, options);
  } catch (error) {
    if (way === "registry" || signal?.aborted || !K2Error.is(error)) throw error;
    onDetour?.(error);
    await stream();
  }
}

async function send(
  from: Engine,
  to: Engine,
  reference: string,
  { onProgress, signal }: Transfer,
): Promise<void> {
  const call = signal === undefined ? {} : { signal };
  const archive = await from.stream("GET", `/images/${inPath(reference)}/get`, { ...call, timeout: 600_000 });
  let bytes = 0;
  archive.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    onProgress?.({ text: `load ${(bytes / 1e6).toFixed(1)} MB from ${from.host.name}` });
  });
  const answer = await to.stream("POST", "/images/load", {
    ...call,
    raw: archive,
    query: { quiet: true },
    timeout: 24 * 3_600_000,
  });
  // Its lines say nothing new; an error among them is thrown.
  for await (const line of jsonLines(answer, to.host, signal)) void line;
}
