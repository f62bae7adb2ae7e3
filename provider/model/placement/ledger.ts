/** Allocations by host and service: containers, ports, names, CPUs and memory. */
import type { Project } from "../../compose/types.js";
import { K2Error } from "../../shared/errors.js";
import { capacityOf, type Needs, type Resources } from "./reservations.js";
import { PortBook } from "./ports.js";
import type { Refusal } from "./refusals.js";
import type { Rules } from "./rules.js";
import { entryOf, propertyOf } from "../../shared/lookup.js";

const maxContainers = 20_000;

export class Ledger {
  private containers = 0;
  private readonly counts = new Map<string, Map<string, number>>();
  private readonly used = new Map<string, Resources>();
  /** By address, because two hosts with the same engine share its ports and names. */
  private readonly ports = new Map<string, PortBook>();
  private readonly names = new Map<string, Map<string, string>>();
  private readonly capacities: Map<string, Partial<Resources>>;

  constructor(
    private readonly project: Project,
    private readonly rules: Rules,
    private readonly needs: Needs,
  ) {
    this.capacities = new Map(Object.keys(project.hosts).map((host) => [host, capacityOf(project, host)]));
  }

  count(service: string, host: string): number {
    return this.counts.get(service)?.get(host) ?? 0;
  }

  /** Returns the number of containers of a service by host; 0 on hosts where it is planned but scaled to 0. */
  hostsOf(service: string): Map<string, number> {
    return this.counts.get(service) ?? new Map<string, number>();
  }

  /** Returns the reason why the host cannot run one more container of the service. */
  obstacle(service: string, host: string): Refusal | undefined {
    const need = entryOf(this.needs, service);
    const address = propertyOf(this.project.hosts, host).address;
    const port = need.ports.length > 0 && this.ports.get(address)?.obstacle(need.ports);
    if (port) return { rule: "ports", why: port };
    const holder = need.name === undefined ? undefined : this.names.get(address)?.get(need.name);
    if (holder) return { rule: "container_name", why: `container name ${need.name} is used by ${holder}` };
    const max = entryOf(this.rules.of, service).maxPerHost;
    if (this.count(service, host) >= max) {
      return { rule: "deploy.placement.max_replicas_per_node", why: `limit of ${max} reached` };
    }
    return this.conflictingService(service, host) ?? this.shortage(need.resources, host);
  }

  /** Whether the host has room for one more container of each service. */
  hasRoom(services: string[], host: string): boolean {
    const all = services.map((service) => entryOf(this.needs, service).resources);
    const cpus = all.reduce((total, need) => total + need.cpus, 0);
    const memory = all.reduce((total, need) => total + need.memory, 0);
    return (
      !services.some((service) => this.obstacle(service, host)) && !this.shortage({ cpus, memory }, host)
    );
  }

  take(service: string, host: string): void {
    this.containers += 1;
    if (this.containers > maxContainers)
      throw new K2Error("invalid-file", `the project has more than ${maxContainers} containers`, {
        at: this.project.positionOf(`services.${service}`),
        hint: "Reduce the replicas or the hosts of its services.",
      });
    const { ports, name, resources } = entryOf(this.needs, service);
    const { address } = propertyOf(this.project.hosts, host);
    this.mark(service, host);
    entryOf(this.counts, service).set(host, this.count(service, host) + 1);
    const used = this.used.get(host) ?? { cpus: 0, memory: 0 };
    this.used.set(host, { cpus: used.cpus + resources.cpus, memory: used.memory + resources.memory });
    if (ports.length > 0) inMap(this.ports, address, () => new PortBook()).take(ports, service);
    if (name !== undefined) inMap(this.names, address, () => new Map<string, string>()).set(name, service);
  }

  /** Records that the service is planned on the host, even without a container. */
  mark(service: string, host: string): void {
    const hosts = inMap(this.counts, service, () => new Map<string, number>());
    hosts.set(host, this.count(service, host));
  }

  /** Returns the utilization of the host with one more container, 0 to 1; 0 without reservations or without capacity limits. */
  fullness(service: string, host: string): number {
    const { cpus, memory } = entryOf(this.needs, service).resources;
    if (cpus === 0 && memory === 0) return 0;
    const capacity = entryOf(this.capacities, host);
    const used = this.used.get(host) ?? { cpus: 0, memory: 0 };
    return Math.max(
      (used.cpus + cpus) / (capacity.cpus ?? Infinity),
      (used.memory + memory) / (capacity.memory ?? Infinity),
    );
  }

  private conflictingService(service: string, host: string): Refusal | undefined {
    const hasOne = (other: string) => other !== service && this.count(other, host) > 0;
    const here = entryOf(this.needs, service).avoids.find(hasOne);
    return here === undefined
      ? undefined
      : { rule: "deploy.placement.constraints", why: `${here} runs there, and they must not share a host` };
  }

  private shortage({ cpus, memory }: Resources, host: string): Refusal | undefined {
    const { cpus: allCpus = Infinity, memory: allMemory = Infinity } = entryOf(this.capacities, host);
    const used = this.used.get(host) ?? { cpus: 0, memory: 0 };
    const lacks = (what: string) => ({ rule: "deploy.resources.reservations" as const, why: what });
    const cpusLeft = allCpus - used.cpus;
    if (cpus > 0 && cpus > cpusLeft)
      return lacks(`${cpusLeft / 1e9} of ${allCpus / 1e9} CPUs available, ${cpus / 1e9} reserved`);
    const memoryLeft = allMemory - used.memory;
    if (memory === 0 || memory <= memoryLeft) return undefined;
    return lacks(
      `${mebibytes(memoryLeft)} of ${mebibytes(allMemory)} MiB available, ${mebibytes(memory)} reserved`,
    );
  }
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}

function inMap<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}
