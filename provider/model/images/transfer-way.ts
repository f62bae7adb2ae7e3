/** How an image that one host has built is transferred to the others. */
import { parseImageReference } from "./reference.js";
import type { Way } from "../kinds.js";

/** Returns the method of the file; else the registry in `image`, if it is the same one for all hosts. */
export function wayToHosts(image: string | undefined, distribute: "registry" | "stream" | undefined): Way {
  if (distribute !== undefined) return distribute;
  return image !== undefined && namesRegistry(image) ? "either" : "stream";
}

/** Whether the name contains a registry that is the same one for all hosts. */
export function namesRegistry(image: string): boolean {
  const { registry, name, digest } = parseImageReference(image);
  const written = registry !== "docker.io" || /^(index\.)?docker\.io\//.test(name);
  return written && digest === undefined && !isLoopback(registry);
}

function isLoopback(registry: string): boolean {
  return /^(localhost|127\.[\d.]+|\[::1\])(:\d+)?$/.test(registry);
}
