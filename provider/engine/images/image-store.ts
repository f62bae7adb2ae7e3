import type { Engine } from "../connection/connect.js";
import { systemInfo } from "../observe/list.js";
import type { Blob } from "../grpc/content.js";

/** The engine's image store: layers unpacked by a graph driver, or content files in containerd. */
export type ImageStore = { kind: "layers" } | { kind: "content"; blobs: Map<string, Blob> };

/**
 * Undefined if the engine does not report it: containerd's content can be read from Docker 23 on, through the builder.
 */
export async function imageStoreOf(engine: Engine, signal?: AbortSignal): Promise<ImageStore | undefined> {
  const { DriverStatus = [] } = await systemInfo(engine, signal);
  if (!DriverStatus?.some(([, value]) => value === "io.containerd.snapshotter.v1")) return { kind: "layers" };
  // Loads the gRPC libraries, which only this kind of store needs.
  const { listContent } = await import("../grpc/content.js");
  const blobs = await listContent(engine, signal);
  return blobs && { kind: "content", blobs };
}

/**
 * Whether the content and everything that it refers to is present. For an index, the manifests of some platforms
 * suffice.
 */
export function isWhole(blobs: Map<string, Blob>, digest: string): boolean {
  const { children } = blobs.get(digest) ?? {};
  const manifests = children?.filter((child) => (blobs.get(child)?.children.length ?? 0) > 0) ?? [];
  if (manifests.length > 0) return manifests.every((manifest) => isWhole(blobs, manifest));
  return children?.every((child) => blobs.has(child)) ?? false;
}

/** Content that may be the configuration of an image, one for each platform: not a layer, and without references. */
export function configsOf(blobs: Map<string, Blob>, digest: string): string[] {
  const { children = [], diffId } = blobs.get(digest) ?? {};
  if (children.length > 0) return children.flatMap((child) => configsOf(blobs, child));
  return diffId === undefined ? [digest] : [];
}

export function parentsOf(blobs: Map<string, Blob>, digests: string[]): string[] {
  const isParent = ({ children }: Blob) => children.some((child) => digests.includes(child));
  return [...blobs].flatMap(([digest, blob]) => (isParent(blob) ? [digest] : []));
}
