import { parseImageReference, sameRepository } from "./reference.js";

/** Replaces the digest of an image that has none of a registry: each host's own copy is used. */
export const localDigest = "local";

/** Returns the digest of an image that a host has built, with its id on that host. */
export function builtDigest(imageId: string): string {
  return `built:${imageId}`;
}

/** Returns the id of a built image on its builder; undefined for a pulled image. */
export function builtId(digest: string): string | undefined {
  return digest.startsWith("built:") ? digest.slice("built:".length) : undefined;
}

/** Returns the first twelve digits of a digest of any kind. */
export function shortDigest(digest: string): string {
  return shortId(builtId(digest) ?? digest);
}

/** Returns the digest of an image in the reference's repository; undefined if it was never in that repository. */
export function repositoryDigest(digests: readonly string[], reference: string): string | undefined {
  const found = digests.find((digest) => !digest.startsWith("<none>") && sameRepository(digest, reference));
  return found === undefined ? undefined : parseImageReference(found).digest;
}

/** Shortens an id as docker prints it. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, "").slice(0, 12);
}

/** The digest in `behind` of a host whose copy is not known. */
export const anyDigest = "*";

/** Whether a host's copy is older than the stack's digest, because the host did not answer when that was found. */
export function isBehind(
  { behind = {} }: { behind?: Record<string, string> },
  host: string,
  digest: string,
): boolean {
  return [digest, anyDigest].includes(behind[host] ?? "");
}
