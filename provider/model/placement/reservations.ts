/** The resources that one container of each service needs, and the capacity of hosts. */
import { parseByteSize } from "../../compose/values/byte-size.js";
import type { Project } from "../../compose/types.js";
import { type PortClaim, portClaims } from "./ports.js";
import type { Rules } from "./rules.js";
import { entryOf, propertyOf } from "../../shared/lookup.js";

interface Need {
  ports: PortClaim[];
  /** `container_name` */
  name: string | undefined;
  resources: Resources;
  /** Services that must not run on the same host. */
  avoids: string[];
}

export interface Resources {
  /** In billionths, so that sums are exact. */
  cpus: number;
  memory: number;
}

/** Needs by service. */
export type Needs = ReadonlyMap<string, Need>;

export function needsOf(project: Project, rules: Rules): Needs {
  const needs = new Map<string, Need>();
  const jobs = jobsOf(project);
  for (const [name, service] of Object.entries(project.services)) {
    const reserved = service.deploy?.resources?.reservations;
    const cpus = Math.round((reserved?.cpus ?? 0) * 1e9);
    const memory = bytes(reserved?.memory ?? service.mem_reservation) ?? 0;
    // The ports of a job are free again when its dependents start.
    const ports = jobs.has(name) ? [] : portClaims(service);
    needs.set(name, { ports, name: service.container_name, resources: { cpus, memory }, avoids: [] });
  }
  for (const { service, constraints } of rules.of.values()) {
    for (const { subject, equal, value } of constraints) {
      if (subject !== "service" || equal || !needs.has(value)) continue;
      // Recorded for both, because either may be placed first.
      entryOf(needs, service).avoids.push(value);
      entryOf(needs, value).avoids.push(service);
    }
  }
  return needs;
}

/** Returns the sum of the reservations of a group, where 1 GiB counts as 1 CPU. */
export function weightOf(needs: Needs, group: string[]): number {
  const resources = group.map((service) => entryOf(needs, service).resources);
  return resources.reduce((total, { cpus, memory }) => total + cpus / 1e9 + memory / 2 ** 30, 0);
}

export function capacityOf(project: Project, host: string): Partial<Resources> {
  const { cpus, memory } = propertyOf(project.hosts, host).capacity ?? {};
  return { cpus: cpus === undefined ? undefined : Math.round(cpus * 1e9), memory: bytes(memory) };
}

/** Returns the services whose completion another service waits for. */
function jobsOf(project: Project): Set<string> {
  const waits = Object.values(project.services).flatMap(({ depends_on }) => Object.entries(depends_on ?? {}));
  return new Set(
    waits.filter(([, { condition }]) => condition === "service_completed_successfully").map(([name]) => name),
  );
}

function bytes(size: string | undefined): number | undefined {
  const text = size === undefined ? undefined : parseByteSize(size);
  return text === undefined ? undefined : Number(text);
}
