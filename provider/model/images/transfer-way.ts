/** How what one host has built gets to the others. */
import { parseImageReference } from "./reference.js";
import type { Way } from "../kinds.js";

/** The file's word first; else the registry that `image` names, if all hosts mean the same one by it. */
export function wayToHosts(image: string | undefined, distribute: "registry" | "stream" | undefined): Way {
  if (distribute !== undefined) return distribute;
  return image !== undefined && namesRegistry(image) ? "either" : "stream";
}

/** A tag at a registry that is written, and the same one for all hosts. */
export function namesRegistry(image: string): boolean {
  const { registry, name, digest } = parseImageReference(image);
  const written = registry !== "docker.io" || /^(index\.)?docker\.io\//.test(name);
  return written && digest === undefined && !isOfEachHost(registry);
}

function isOfEachHost(registry: string): boolean {
  return /^(localhost|127\.[\d.]+|\[::1\])(:\d+)?$/.test(registry);
}
