/** Names of services on other hosts, which the network of one engine does not reach. */
import { isIP } from "node:net";
import type { Project, Service } from "../../compose/types.js";
import type { Placement } from "../placement/placement.js";
import { propertyOf } from "../../shared/lookup.js";

const ownStack = /^(host|none|service:|container:)/;

/**
 * The service on one host with additional `extra_hosts`: the project's `s_extra_hosts`, and the host's address for each
 * dependency on another host that publishes a port. The service's own entries win, then the project's, then these.
 */
export function withExtraHosts(
  project: Project,
  service: Service,
  host: string,
  placement: Placement,
): Service {
  if (service.network_mode !== undefined && ownStack.test(service.network_mode)) return service;
  const own = service.extra_hosts ?? [];
  const named = new Set(own.map((entry) => entry.split("=", 1)[0]));
  const found = { ...elsewhere(project, service, host, placement), ...project.s_extra_hosts };
  const more = Object.entries(found)
    .filter(([name]) => !named.has(name))
    .flatMap(([name, addresses]) => addresses.map((address) => `${name}=${address}`));
  return more.length === 0 ? service : { ...service, extra_hosts: [...own, ...more].sort() };
}

function elsewhere(
  project: Project,
  service: Service,
  host: string,
  placement: Placement,
): Record<string, string[]> {
  const names = [...Object.keys(service.depends_on ?? {}), ...(service.s_depends_on ?? [])];
  const found: Record<string, string[]> = {};
  for (const name of names) {
    const hosts = placement[name];
    const other = project.services[name];
    if (!hosts || hosts[host] !== undefined) continue;
    if (!publishes(other) || shareOverlay(project, service, other)) continue;
    const [first] = Object.keys(hosts).sort();
    const address = first === undefined ? undefined : addressOf(propertyOf(project.hosts, first).address);
    if (address !== undefined) found[name] = [address];
  }
  return found;
}

/** An overlay network resolves the name for every attached container. */
function shareOverlay(project: Project, one: Service, other: Service | undefined): boolean {
  return Object.keys(one.networks ?? {}).some(
    (key) => project.networks[key]?.driver === "overlay" && key in (other?.networks ?? {}),
  );
}

function publishes(service: Service | undefined): boolean {
  return (
    (service?.ports ?? []).some(({ published }) => published !== undefined) ||
    service?.network_mode === "host"
  );
}

/** Engines accept only IP addresses; a loopback address would lead a container to itself. */
function addressOf(url: string): string | undefined {
  const [, address] = /^\w+:\/\/(?:[^@/]*@)?(\[[^\]]+\]|[^:/]+)/.exec(url) ?? [];
  const bare = address?.replace(/^\[|\]$/g, "");
  return bare !== undefined && isIP(bare) !== 0 && !/^(127\.|::1$|0\.0\.0\.0$)/.test(bare) ? bare : undefined;
}
