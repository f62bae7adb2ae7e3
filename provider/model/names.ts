import type { Naming } from "../compose/types.js";

/** "shop-web-1"; in projects of the Python era "shop_web_1". */
export function containerName(project: string, service: string, number: number, naming: Naming): string {
  const separator = naming === "legacy" ? "_" : "-";
  return [project, service, number].join(separator);
}

/** The name of the image that a service with `build` and no `image` gets. */
export function builtImageName(project: string, service: string, naming: Naming): string {
  return `${project}${naming === "legacy" ? "_" : "-"}${service}`;
}
