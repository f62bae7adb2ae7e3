/** What one container of each service takes from its host, and what a host has. */
import { parseByteSize } from "../../compose/values/byte-size.js";
import type { Project } from "../../compose/types.js";
import { type PortClaim, portClaims } from "./ports.js";
import type { Rules } from "./rules.js";

interface Need {
  ports: PortClaim[];
  /** `container_name` */
  name: string | undefined;
  resources: Resources;
  /** Services that must not be on its host. */
  avoids: string[];
}

export interface Resources {
  /** Billionths, so that sums are exact. */
  cpus: number;
  memory: number;
}

/** By service. */
export type Needs = ReadonlyMap<string, Need>;

export function needsOf(project: Project, rules: Rules): Needs {
  const needs = new Map<string, Need>();
  const jobs = jobsOf(project);
  for (const [name, service] of Object.entries(project.services)) {
    const reserved = service.deploy?.resources?.reservations;
    const cpus = Math.round((reserved?.cpus ?? 0) * 1e9);
    const memory = bytes(reserved?.memory ?? service.mem_reservation) ?? 0;
    // A job's ports are free again when those who wait for it begin.
    const ports = jobs.has(name) ? [] : portClaims(service);
    needs.set(name, { ports, name: service.container_name, resources: { cpus, memory }, avoids: [] });
  }
  for (const { service, constraints } of rules.of.values()) {
    for (const { subject, equal, value } of constraints) {
      if (subject !== "service" || equal || !needs.has(value)) continue;
      // Either may be placed first.
      needs.get(service)!.avoids.push(value);
      needs.get(value)!.avoids.push(service);
    }
  }
  return needs;
}

/** What a group reserves: a GiB counts as much as a cpu. */
export function weightOf(needs: Needs, group: string[]): number {
  const resources = group.map((service) => needs.get(service)!.resources);
  return resources.reduce((total, { cpus, memory }) => total + cpus / 1e9 + memory / 2 ** 30, 0);
}

export function capacityOf(project: Project, host: string): Partial<Resources> {
  const { cpus, memory } = project.hosts[host]!.capacity ?? {};
  return { cpus: cpus === undefined ? undefined : Math.round(cpus * 1e9), memory: bytes(memory) };
}

/** Somebody waits for their end. */
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
