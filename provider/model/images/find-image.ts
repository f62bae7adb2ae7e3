import { isImageId, parseImageReference } from "./reference.js";
import type { ObservedImage } from "../observed.js";

/** Finds an image of an engine by name, id or digest: "redis" is "docker.io/library/redis:latest". */
export function imageNamed(images: ObservedImage[], reference: string): ObservedImage | undefined {
  const wanted = canonical(reference);
  return images.find(({ id, tags, digests }) => {
    return (
      id === reference ||
      tags.some((tag) => canonical(tag) === wanted) ||
      digests.some((digest) => canonical(digest) === wanted)
    );
  });
}

/** Engines list dangling images as "<none>:<none>". */
function canonical(reference: string): string {
  if (reference.startsWith("<none>") || isImageId(reference)) return reference;
  const { registry, path, tag = "latest", digest } = parseImageReference(reference);
  return `${registry}/${path}${digest === undefined ? `:${tag}` : `@${digest}`}`;
}
