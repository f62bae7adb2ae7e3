import { pipeline, Transform } from "node:stream";
import { K2Error } from "../../shared/errors.js";
import type { OnStep } from "../../model/steps.js";
import type { Engine } from "../connection/connect.js";
import { connectionFailure } from "../connection/failure.js";
import type { Image } from "./image.js";
import { withoutSpared } from "./image-archive.js";
import { megabytes } from "./progress.js";
import { imageStoreOf, isWhole } from "./image-store.js";
import type { Spare } from "./shared-layers.js";
import { jsonLines } from "../connection/stream.js";

interface Sending {
  onProgress?: OnStep;
  signal?: AbortSignal;
}

/**
 * Streams an image from engine to engine, without the spared layers. If that fails, for example because the target has
 * removed a layer meanwhile, sends the whole image. It arrives without a name; returns its id on the target.
 */
export async function sendImage(
  from: Engine,
  to: Engine,
  image: Image,
  spare: Spare | undefined,
  sending: Sending = {},
): Promise<string> {
  if (spare !== undefined) {
    const id = await sendPart(from, to, image, spare, sending);
    if (id !== undefined) return id;
  }
  return load(from, to, image, undefined, sending);
}

/**
 * Engines with a graph driver reject an image with a missing layer. containerd accepts it: an incomplete image is
 * removed again; it had no name by which it could have been run.
 */
async function sendPart(
  from: Engine,
  to: Engine,
  image: Image,
  spare: Spare,
  sending: Sending,
): Promise<string | undefined> {
  try {
    const id = await load(from, to, image, spare, sending);
    const store = await imageStoreOf(to, sending.signal);
    if (store?.kind !== "content" || isWhole(store.blobs, id)) return id;
    await to.delete(`/images/${id}`, { ok: [404, 409] });
    return undefined;
  } catch (error) {
    if (sending.signal?.aborted || !K2Error.is(error) || error.code !== "engine") throw error;
    return undefined;
  }
}

async function load(
  from: Engine,
  to: Engine,
  image: Image,
  spare: Spare | undefined,
  { onProgress, signal }: Sending,
): Promise<string> {
  const broken = new AbortController();
  const call = { signal: signal ? AbortSignal.any([signal, broken.signal]) : broken.signal };
  const archive = await from.stream("GET", `/images/${image.id}/get`, { ...call, timeout: 600_000 });
  let [sent, spared] = [0, 0];
  const body = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      sent += chunk.length;
      const rest = spared > 0 ? `, ${megabytes(spared)} MB already exist` : "";
      const text = `load ${megabytes(sent)} MB from ${from.host.name}${rest}`;
      onProgress?.({ op: "load", host: to.host.name, text });
      done(null, chunk);
    },
  });
  const parts = spare ? withoutSpared(archive, spare, (bytes) => (spared += bytes)) : archive;
  // An upload does not end by itself when its source breaks off.
  pipeline(parts, body, (error) => error && broken.abort(connectionFailure(from.host, error)));
  try {
    const answer = await to.stream("POST", "/images/load", {
      ...call,
      raw: body,
      query: { quiet: true },
      timeout: 24 * 3_600_000,
    });
    let id: string | undefined;
    for await (const { stream } of jsonLines<{ stream?: string }>(answer, to.host, call.signal))
      id = /^Loaded image ID: (sha256:[0-9a-f]{64})/m.exec(stream ?? "")?.[1] ?? id;
    if (id !== undefined) return id;
    throw new K2Error("engine", `${image.id} from ${from.host.name} did not arrive`, { at: to.host.name });
  } finally {
    archive.destroy();
  }
}
