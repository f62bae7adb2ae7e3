import type { Engine } from "../connection/connect.js";
import { systemInfo } from "../observe/list.js";
import type { Blob } from "../grpc/content.js";

/** How an engine keeps its images: as layers unpacked by a graph driver, or as containerd does, file by file. */
export type ImageStore = { kind: "layers" } | { kind: "content"; blobs: Map<string, Blob> };

/** Undefined where the engine does not tell: containerd's content can be read from Docker 23 on, by its builder. */
export async function imageStoreOf(engine: Engine, signal?: AbortSignal): Promise<ImageStore | undefined> {
  const { DriverStatus = [] } = await systemInfo(engine, signal);
  if (!DriverStatus?.some(([, value]) => value === "io.containerd.snapshotter.v1")) return { kind: "layers" };
  // With the libraries of gRPC, which only this kind of store takes.
  const { listContent } = await import("../grpc/content.js");
  const blobs = await listContent(engine, signal);
  return blobs && { kind: "content", blobs };
}

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
