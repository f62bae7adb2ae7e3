import type { Engine } from "../connection/connect.js";
import { openControl } from "./buildkit-control.js";
import { GrpcError } from "./protocol.js";
import { Content, type Info } from "./proto/content_pb.js";

/** The files that containerd keeps, by digest. Undefined where the engine's builder does not list them. */
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

/** What a file must not be thrown away for, containerd knows by labels. */
function blobOf({ size, labels }: Info): Blob {
  const diffId = labels["containerd.io/uncompressed"];
  const children = Object.entries(labels).flatMap(([name, digest]) => (reference.test(name) ? [digest] : []));
  return { size: Number(size), ...(diffId !== undefined && { diffId }), children };
}

/** BuildKit's have numbers only, and more of another kind that say what lies side by side. */
const reference = /^containerd\.io\/gc\.ref\.content\.(config|([lm]\.)?\d+)$/;

/** A file that containerd keeps by its digest: a layer, a configuration, a manifest or an index. */
export interface Blob {
  /** Bytes. */
  size: number;
  /** Diff id of a layer. */
  diffId?: string;
  /** Digests of what it refers to: of an index its manifests, of a manifest configuration and layers. */
  children: string[];
}
