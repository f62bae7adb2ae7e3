/** How what one host has built gets to the others. */
import { parseImageReference } from "./image-reference.js";

/** "either": through the registry if that takes it, else streamed. */
export type Way = "registry" | "stream" | "either";

/** The file's word first; else the registry that `image` names, if all hosts mean the same one by it. */
export function wayToHosts(image: string | undefined, distribute: "registry" | "stream" | undefined): Way {
  if (distribute !== undefined) return distribute;
  if (image === undefined) return "stream";
  const { registry, name, digest } = parseImageReference(image);
  const written = registry !== "docker.io" || /^(index\.)?docker\.io\//.test(name);
  return written && digest === undefined && !isOfEachHost(registry) ? "either" : "stream";
}

function isOfEachHost(registry: string): boolean {
  return /^(localhost|127\.[\d.]+|\[::1\])(:\d+)?$/.test(registry);
}
