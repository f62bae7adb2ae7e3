import { K2Error } from "../errors.js";
import { isImageId } from "../model/image-reference.js";
import type { Engine } from "./connect.js";
import { type Image, inspectImage, inPath, tag } from "./image.js";
import { inSlot } from "./slots.js";
import { jsonLines } from "./stream.js";

export interface Transfer {
  onProgress?: (bytes: number) => void;
  signal?: AbortSignal;
}

/**
 * Gives an image of one engine to another, for images that no registry has. It flows through this machine and is stored
 * nowhere; an engine that has it already gets its name only.
 */
export async function transferImage(
  from: Engine,
  to: Engine,
  reference: string,
  { onProgress, signal }: Transfer = {},
): Promise<Image> {
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
  else await inSlot("load", to.host, () => send(from, to, reference, onProgress, signal), signal);
  const arrived = await inspectImage(to, reference, signal);
  if (arrived !== undefined) return arrived;
  throw new K2Error("engine", `${reference} from ${from.host.name} did not arrive`, { at: to.host.name });
}

async function send(
  from: Engine,
  to: Engine,
  reference: string,
  onProgress?: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  const call = signal === undefined ? {} : { signal };
  const archive = await from.stream("GET", `/images/${inPath(reference)}/get`, { ...call, timeout: 600_000 });
  let bytes = 0;
  archive.on("data", (chunk: Buffer) => onProgress?.((bytes += chunk.length)));
  const answer = await to.stream("POST", "/images/load", {
    ...call,
    raw: archive,
    query: { quiet: true },
    timeout: 24 * 3_600_000,
  });
  // Its lines say nothing new; an error among them is thrown.
  for await (const line of jsonLines(answer, to.host, signal)) void line;
}
