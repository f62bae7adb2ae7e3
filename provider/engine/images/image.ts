import { K2Error } from "../../shared/errors.js";
import { inPath, parseImageReference, withDefaultTag } from "../../model/images/reference.js";
import type { Engine } from "../connection/connect.js";
import { findImage } from "../observe/inspect.js";
import { registryFailure } from "./registry-failure.js";
import { registryAuthHeader } from "./registry-auth.js";

/** An image as one engine has it. */
export interface Image {
  id: string;
  tags: string[];
  /** "name@sha256:…" for every repository that it came from or went to. */
  digests: string[];
  os: string;
  arch: string;
  /** "v7", of processors that have several kinds. */
  variant?: string;
  /** Bytes. */
  size: number;
  created: string;
  /** Diff ids ("sha256:…", of a layer's uncompressed tar), the lowest first. */
  layers: string[];
  /** When this engine gave it a name last, ISO 8601; undefined where it does not say. */
  tagged?: string;
  labels: Record<string, string>;
  /** It brings a healthcheck of its own. */
  healthcheck: boolean;
  /** Paths for which every container gets an anonymous volume. */
  volumes: string[];
}

/** The image of a name or id on this engine; undefined if it has none. `platform`: from API 1.49 on. */
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

/** What the name points at in its registry now. The engine asks, since it is the engine that would pull. */
export async function registryDigest(
  engine: Engine,
  reference: string,
  signal?: AbortSignal,
): Promise<string> {
  const name = withDefaultTag(reference);
  try {
    const answer = await engine.get<{ Descriptor: { digest: string } }>(
      `/distribution/${inPath(name)}/json`,
      { headers: await registryAuthHeader(name), signal },
    );
    return answer.Descriptor.digest;
  } catch (error) {
    throw registryFailure(error, "look up", reference, engine.host);
  }
}

/** Gives an image one more name. */
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
