import type { Engine } from "../connection/connect.js";
import { openControl } from "./buildkit-control.js";
import { GrpcError } from "./protocol.js";
import { Content, type Info } from "./proto/content_pb.js";

/** Lists the content of containerd's store, by digest. Undefined if the engine's builder does not list it. */
export async function listContent(
  engine: Engine,
  signal?: AbortSignal,
): Promise<Map<string, Blob> | undefined> {
  const control = await openControl(engine, signal);
  if (control === undefined) return undefined;
  try {
    const blobs = new Map<string, Blob>();
    for await (const { info } of control.client.stream(Content.method.list, {}))
      for (const file of info) blobs.set(file.digest, blobOf(file));
    return blobs;
  } catch (error) {
    if (!(error instanceof GrpcError)) throw error;
    return undefined;
  } finally {
    control.close();
  }
}

/**
 * Reads diff id and references from containerd's labels; its gc.ref labels protect referenced content from garbage
 * collection.
 */
function blobOf({ size, labels }: Info): Blob {
  const diffId = labels["containerd.io/uncompressed"];
  const children = Object.entries(labels).flatMap(([name, digest]) => (reference.test(name) ? [digest] : []));
  return { size: Number(size), ...(diffId !== undefined && { diffId }), children };
}

/**
 * References from BuildKit's content have numbers only; BuildKit also sets labels of another kind for content that lies
 * beside it.
 */
const reference = /^containerd\.io\/gc\.ref\.content\.(config|([lm]\.)?\d+)$/;

/** Content that containerd stores by its digest: a layer, a configuration, a manifest or an index. */
export interface Blob {
  /** Bytes. */
  size: number;
  /** Diff id of a layer. */
  diffId?: string;
  /** Digests that it refers to: the manifests of an index, or the configuration and layers of a manifest. */
  children: string[];
}
