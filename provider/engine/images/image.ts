import { K2Error } from "../../shared/errors.js";
import { inPath, parseImageReference, withDefaultTag } from "../../model/images/reference.js";
import type { Engine } from "../connection/connect.js";
import { findImage } from "../observe/inspect.js";
import { registryFailure } from "./registry-failure.js";
import { registryAuthHeader } from "./registry-auth.js";

/** An image on one engine. */
export interface Image {
  id: string;
  tags: string[];
  /** "name@sha256:…" for every repository that it was pulled from or pushed to. */
  digests: string[];
  os: string;
  arch: string;
  /** "v7", for architectures with variants. */
  variant?: string;
  /** Bytes. */
  size: number;
  created: string;
  /** Diff ids ("sha256:…", of a layer's uncompressed tar), the lowest layer first. */
  layers: string[];
  /** When this engine last tagged it, ISO 8601; undefined if the engine does not report it. */
  tagged?: string;
  labels: Record<string, string>;
  /** The image defines a healthcheck. */
  healthcheck: boolean;
  /** Paths for which every container gets an anonymous volume. */
  volumes: string[];
}

/** The same image has another id on engines with the containerd image store. */
export function isSameContent(one: Image, other: Image): boolean {
  const contentOf = ({ layers, created, labels, os, arch, healthcheck, volumes }: Image) =>
    JSON.stringify([
      layers,
      Date.parse(created),
      Object.entries(labels).sort(),
      os,
      arch,
      healthcheck,
      volumes,
    ]);
  return one.id === other.id || contentOf(one) === contentOf(other);
}

/** Returns the image of a name or id on this engine; undefined if it has none. `platform`: from API 1.49 on. */
export async function inspectImage(
  engine: Engine,
  reference: string,
  signal?: AbortSignal,
  platform?: object,
): Promise<Image | undefined> {
  const found = await findImage(engine, reference, signal, platform);
  if (found === undefined) return undefined;
  const tagged = found.Metadata?.LastTagTime ?? "0001";
  return {
    id: found.Id,
    tags: found.RepoTags ?? [],
    digests: found.RepoDigests ?? [],
    os: found.Os,
    arch: found.Architecture,
    ...(found.Variant && { variant: found.Variant }),
    size: found.Size,
    created: found.Created,
    layers: found.RootFS?.Layers ?? [],
    ...(/^(?!0001)/.test(tagged) && { tagged: new Date(tagged).toISOString() }),
    labels: found.Config?.Labels ?? {},
    healthcheck: (found.Config?.Healthcheck?.Test?.[0] ?? "NONE") !== "NONE",
    volumes: Object.keys(found.Config?.Volumes ?? {}),
  };
}

/** Returns the digest of a name in its registry. The engine looks it up, because the engine would also pull it. */
export async function registryDigest(
  engine: Engine,
  reference: string,
  signal?: AbortSignal,
): Promise<string> {
  return (await registryImage(engine, reference, signal)).digest;
}

interface RegistryImage {
  digest: string;
  platforms: { architecture?: string; os?: string }[];
}

export async function registryImage(
  engine: Engine,
  reference: string,
  signal?: AbortSignal,
): Promise<RegistryImage> {
  const name = withDefaultTag(reference);
  try {
    const { Descriptor, Platforms } = await engine.get<{
      Descriptor: { digest: string };
      Platforms?: RegistryImage["platforms"] | null;
    }>(`/distribution/${inPath(name)}/json`, { headers: await registryAuthHeader(name, engine.env), signal });
    return { digest: Descriptor.digest, platforms: Platforms ?? [] };
  } catch (error) {
    throw registryFailure(error, "look up", reference, engine.host);
  }
}

/** Adds a name to an image. */
export async function tag(
  engine: Engine,
  source: string,
  target: string,
  signal?: AbortSignal,
): Promise<void> {
  const { name, tag: written = "latest", digest } = parseImageReference(target);
  if (digest !== undefined)
    throw new K2Error("usage", `an image cannot be tagged with a digest ("${target}")`);
  await engine.post(`/images/${inPath(source)}/tag`, {
    query: { repo: name, tag: written },
    signal,
  });
}
