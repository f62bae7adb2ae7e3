/** Determines which layers of an image an engine already has, so that they need not be sent. */
import { entryOf } from "../../shared/lookup.js";
import { createHash } from "node:crypto";
import pLimit from "p-limit";
import type { Engine } from "../connection/connect.js";
import { listImages } from "../observe/list.js";
import { type Image, inspectImage } from "./image.js";
import type { ImageStore } from "./image-store.js";
import type { Blob } from "../grpc/content.js";

export interface Spare {
  /** Digests of the files that an archive names "blobs/sha256/…". */
  blobs: ReadonlySet<string>;
  /** Chain ids, from which the names of layers in archives of engines before 25 are computed. */
  chains: readonly string[];
  /** The target has all layers. */
  all: boolean;
  /**
   * The description of the layers that an archive for containerd must contain, because the source does not write it.
   */
  described?: Described;
}

export interface Described {
  /** Digest. */
  config: string;
  layers: {
    diffId: string;
    /** The target's copy, which may be compressed. */
    there?: { digest: string; size: number };
  }[];
}

/** Undefined if everything must be sent, or if it is unknown which layers the target has. */
export async function whatToSpare(
  { layers, id }: Image,
  source: ImageStore | undefined,
  to: Engine,
  target: ImageStore | undefined,
  signal?: AbortSignal,
): Promise<Spare | undefined> {
  if (source === undefined || target === undefined || layers.length === 0) return undefined;
  if (target.kind === "layers") return forLayers(layers, source, await heldLayers(to, layers, signal));
  // If both engines store content by digest, all common content is spared.
  if (source.kind === "content")
    return unlessEmpty({ blobs: new Set(target.blobs.keys()), chains: [], all: false });
  return forContent(layers, id, target.blobs);
}

/** An engine with a graph driver has a layer only if it also has all layers below it. */
function forLayers(layers: string[], source: ImageStore, held: number): Spare | undefined {
  const needed = new Set(layers.slice(held));
  const diffIds = new Set(layers.slice(0, held).filter((diffId) => !needed.has(diffId)));
  const blobs = source.kind === "layers" ? diffIds : new Set(namesOf(source.blobs, diffIds));
  return unlessEmpty({ blobs, chains: chainsOf(layers, diffIds), all: held === layers.length });
}

/** containerd stores layers independently, and knows the diff ids of those that were pulled compressed. */
function forContent(layers: string[], config: string, blobs: Map<string, Blob>): Spare | undefined {
  const compressed = new Map(
    [...blobs].flatMap(([digest, { diffId }]) => (diffId === undefined ? [] : [[diffId, digest] as const])),
  );
  const described = layers.map((diffId): Described["layers"][number] => {
    const digest = blobs.has(diffId) ? diffId : compressed.get(diffId);
    if (digest === undefined) return { diffId };
    return { diffId, there: { digest, size: entryOf(blobs, digest).size } };
  });
  const diffIds = new Set(described.filter(({ there }) => there).map(({ diffId }) => diffId));
  const all = diffIds.size === new Set(layers).size;
  const chains = chainsOf(layers, diffIds);
  return unlessEmpty({ blobs: diffIds, chains, all, described: { config, layers: described } });
}

function unlessEmpty(spare: Spare): Spare | undefined {
  return spare.blobs.size > 0 ? spare : undefined;
}

/** The number of layers, from the lowest on, that the engine has as part of an image. */
async function heldLayers(engine: Engine, layers: string[], signal?: AbortSignal): Promise<number> {
  const images = await listImages(engine, signal);
  const limit = pLimit(8);
  const held = await Promise.all(
    images.map(({ id }) =>
      limit(async () => {
        const own = (await inspectImage(engine, id, signal))?.layers ?? [];
        const parting = layers.findIndex((layer, at) => layer !== own[at]);
        return parting === -1 ? layers.length : parting;
      }),
    ),
  );
  return Math.max(0, ...held);
}

function namesOf(blobs: Map<string, Blob>, diffIds: Set<string>): string[] {
  return [...blobs].flatMap(([digest, { diffId = digest }]) => (diffIds.has(diffId) ? [digest] : []));
}

/** The chain ids of these layers: each identifies a layer together with all layers below it. */
function chainsOf(layers: string[], diffIds: Set<string>): string[] {
  let chain = "";
  return layers.flatMap((diffId) => {
    chain = chain === "" ? diffId : `sha256:${sha256(`${chain} ${diffId}`)}`;
    return diffIds.has(diffId) ? [chain] : [];
  });
}

export function sha256(text: string | Buffer): string {
  return createHash("sha256").update(text).digest("hex");
}
