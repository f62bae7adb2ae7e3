import type { Naming } from "../compose/types.js";

/** Between the parts of a name: the tools in Python put underscores. */
export function separatorOf(naming: Naming): string {
  return naming === "compose" ? "-" : "_";
}

/** "shop-web-1", or "shop_web_1". */
export function containerName(project: string, service: string, number: number, naming: Naming): string {
  return [project, service, number].join(separatorOf(naming));
}

/** The name of the image that a service with `build` and no `image` gets. */
export function builtImageName(project: string, service: string, naming: Naming): string {
  return `${project}${separatorOf(naming)}${service}`;
}
