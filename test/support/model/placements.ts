/** Placements of small projects, and parts of services that restrict them. */
import type { HostDefinition, Project, Service } from "../../../provider/compose/types.js";
import { place, type PlacementOptions } from "../../../provider/model/placement/place.js";
import { type Placement } from "../../../provider/model/placement/placement.js";
import { printPlacement } from "../../../provider/model/placement/print.js";
import { project } from "./project.js";

export const three = { a: {}, b: {}, c: {} };

/** Returns the printed placement without alignment. */
export function placed(what: Project, memory?: Placement, options?: PlacementOptions): string[] {
  const text = printPlacement(what, place(what, memory, options));
  return text.split("\n").map((line) => line.replace(/ {2,}/g, "  "));
}

export function refused(
  services: Record<string, Partial<Service>>,
  hosts: Record<string, Partial<HostDefinition>> = three,
) {
  try {
    place(project(services, hosts));
  } catch (error) {
    return (error as Error).message.split("\n")[0];
  }
  return "placed";
}

export const constraints = (...texts: string[]) => ({ deploy: { placement: { constraints: texts } } });

export const reserve = (cpus: number) => ({ deploy: { resources: { reservations: { cpus } } } });

export const port = (published: string, host_ip?: string) => ({
  target: 80,
  published,
  ...(host_ip && { host_ip }),
});
