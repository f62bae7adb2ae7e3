import type { Naming } from "../compose/types.js";

/** Separator between the parts of a name. The Python tools use underscores. */
export function separatorOf(naming: Naming): string {
  return naming === "compose" ? "-" : "_";
}

/** "shop-web-1", or "shop_web_1". */
export function containerName(project: string, service: string, number: number, naming: Naming): string {
  return [project, service, number].join(separatorOf(naming));
}

/** Returns the image name of a service with `build` and without `image`. */
export function builtImageName(project: string, service: string, naming: Naming): string {
  return `${project}${separatorOf(naming)}${service}`;
}
