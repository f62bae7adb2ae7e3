import { openControl } from "../grpc/buildkit-control.js";
import { GrpcError } from "../grpc/grpc-server.js";
import { decode, encode, type Message, messages, number, text } from "../grpc/protobuf.js";
import type { Engine } from "../connection/connect.js";

/** How an engine keeps its images: as layers unpacked by a graph driver, or as containerd does, file by file. */
export type ImageStore = { kind: "layers" } | { kind: "content"; blobs: Map<string, Blob> };

/** A file that containerd keeps by its digest: a layer, a configuration, a manifest or an index. */
export interface Blob {
  /** Bytes. */
  size: number;
  /** Diff id of a layer. */
  diffId?: string;
  /** Digests of what it refers to: of an index its manifests, of a manifest configuration and layers. */
  children: string[];
}

/** Undefined where the engine does not tell: containerd's content can be read from Docker 23 on, by its builder. */
export async function imageStoreOf(engine: Engine, signal?: AbortSignal): Promise<ImageStore | undefined> {
  const { DriverStatus = [] } = await engine.get<{ DriverStatus?: [string, string][] | null }>("/info", {
    ...(signal && { signal }),
  });
  if (!DriverStatus?.some(([, value]) => value === "io.containerd.snapshotter.v1")) return { kind: "layers" };
  const control = await openControl(engine, signal);
  try {
    const blobs = new Map<string, Blob>();
    for await (const answer of control?.client.stream(list, encode({})) ?? [])
      for (const info of messages(decode(answer), 1)) blobs.set(text(info, 1), blobOf(info));
    return control && { kind: "content", blobs };
  } catch (error) {
    if (!(error instanceof GrpcError)) throw error;
    return undefined;
  } finally {
    control?.close();
  }
}

const list = "/containerd.services.content.v1.Content/List";

/** What a file must not be thrown away for, containerd knows by labels. */
function blobOf(info: Message): Blob {
  const labels = messages(info, 5).map((label) => [text(label, 1), text(label, 2)] as const);
  const diffId = labels.find(([name]) => name === "containerd.io/uncompressed")?.[1];
  const children = labels.flatMap(([name, digest]) => (reference.test(name) ? [digest] : []));
  return { size: number(info, 2), ...(diffId !== undefined && { diffId }), children };
}

/** BuildKit's have numbers only, and more of another kind that say what lies side by side. */
const reference = /^containerd\.io\/gc\.ref\.content\.(config|([lm]\.)?\d+)$/;

/** Whether a file is there with all that it refers to. Of an index, the manifests of some platforms suffice. */
export function isWhole(blobs: Map<string, Blob>, digest: string): boolean {
  const { children } = blobs.get(digest) ?? {};
  const manifests = children?.filter((child) => (blobs.get(child)?.children.length ?? 0) > 0) ?? [];
  if (manifests.length > 0) return manifests.every((manifest) => isWhole(blobs, manifest));
  return children?.every((child) => blobs.has(child)) ?? false;
}

/** What may be the configuration of an image, one a platform: files that are no layers and refer to nothing. */
export function configsOf(blobs: Map<string, Blob>, digest: string): string[] {
  const { children = [], diffId } = blobs.get(digest) ?? {};
  if (children.length > 0) return children.flatMap((child) => configsOf(blobs, child));
  return diffId === undefined ? [digest] : [];
}

export function parentsOf(blobs: Map<string, Blob>, digests: string[]): string[] {
  const isParent = ({ children }: Blob) => children.some((child) => digests.includes(child));
  return [...blobs].flatMap(([digest, blob]) => (isParent(blob) ? [digest] : []));
}
