import { parseImageReference, sameRepository } from "./reference.js";

/** Stands where an image has no digest of a registry: each host's own copy counts. */
export const localDigest = "local";

/** What a host has built, by the id that it has there. */
export function builtDigest(imageId: string): string {
  return `built:${imageId}`;
}

/** The id on the builder; undefined for what was pulled. */
export function builtId(digest: string): string | undefined {
  return digest.startsWith("built:") ? digest.slice("built:".length) : undefined;
}

/** As people compare them: twelve digits, whatever kind it is. */
export function shortDigest(digest: string): string {
  return shortId(builtId(digest) ?? digest);
}

/** The digest under which an image is known in the reference's repository; undefined for one that was never there. */
export function repositoryDigest(digests: readonly string[], reference: string): string | undefined {
  const found = digests.find((digest) => !digest.startsWith("<none>") && sameRepository(digest, reference));
  return found === undefined ? undefined : parseImageReference(found).digest;
}

/** As docker prints ids. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, "").slice(0, 12);
}
