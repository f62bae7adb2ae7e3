/** Which layers of an image need not be sent to an engine, since it has them. */
import { createHash } from "node:crypto";
import pLimit from "p-limit";
import type { Engine } from "../connection/connect.js";
import { listImages } from "../observe/list.js";
import { type Image, inspectImage } from "./image.js";
import type { ImageStore } from "./image-store.js";
import type { Blob } from "../grpc/content.js";

export interface Spare {
  /** Digests: of what an archive calls "blobs/sha256/…". */
  blobs: ReadonlySet<string>;
  /** Chain ids: archives of engines before 25 call layers by what can be reckoned from these. */
  chains: readonly string[];
  /** No layer at all is missing there. */
  all: boolean;
  /** What an archive for containerd must say of the layers, as it is not written for containerd. */
  described?: Described;
}

export interface Described {
  /** Digest. */
  config: string;
  layers: {
    diffId: string;
    /** What the target has of it, which may be compressed. */
    there?: { digest: string; size: number };
  }[];
}

/** Undefined where everything must be sent, or nobody knows what need not be. */
export async function whatToSpare(
  { layers, id }: Image,
  source: ImageStore | undefined,
  to: Engine,
  target: ImageStore | undefined,
  signal?: AbortSignal,
): Promise<Spare | undefined> {
  if (source === undefined || target === undefined || layers.length === 0) return undefined;
  if (target.kind === "layers") return forLayers(layers, source, await heldLayers(to, layers, signal));
  // What both keep by digest is spared by digest, whatever it is.
  if (source.kind === "content") return some({ blobs: new Set(target.blobs.keys()), chains: [], all: false });
  return forContent(layers, id, target.blobs);
}

/** An engine takes a layer for there if it has it upon the same ones. */
function forLayers(layers: string[], source: ImageStore, held: number): Spare | undefined {
  const needed = new Set(layers.slice(held));
  const diffIds = new Set(layers.slice(0, held).filter((diffId) => !needed.has(diffId)));
  const blobs = source.kind === "layers" ? diffIds : new Set(namesOf(source.blobs, diffIds));
  return some({ blobs, chains: chainsOf(layers, diffIds), all: held === layers.length });
}

/** containerd keeps every layer for itself, and knows of those that came compressed what they are. */
function forContent(layers: string[], config: string, blobs: Map<string, Blob>): Spare | undefined {
  const compressed = new Map(
    [...blobs].flatMap(([digest, { diffId }]) => (diffId === undefined ? [] : [[diffId, digest] as const])),
  );
  const described = layers.map((diffId): Described["layers"][number] => {
    const digest = blobs.has(diffId) ? diffId : compressed.get(diffId);
    return { diffId, ...(digest !== undefined && { there: { digest, size: blobs.get(digest)!.size } }) };
  });
  const diffIds = new Set(described.filter(({ there }) => there).map(({ diffId }) => diffId));
  const all = diffIds.size === new Set(layers).size;
  const chains = chainsOf(layers, diffIds);
  return some({ blobs: diffIds, chains, all, described: { config, layers: described } });
}

function some(spare: Spare): Spare | undefined {
  return spare.blobs.size > 0 ? spare : undefined;
}

/** How many of the layers, from the lowest on, are those of an image that the engine has. */
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

/** The chain ids of those layers: what a layer is called together with all that are below it. */
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
