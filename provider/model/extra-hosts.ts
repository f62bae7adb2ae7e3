/** `s_extra_hosts`: names that every bridged service of the project knows. */
import type { Project, Service } from "../compose/types.js";

const ownStack = /^(host|none|service:|container:)/;

/** The service with the project's `s_extra_hosts` under its own `extra_hosts`: what it says itself wins. */
export function withExtraHosts(project: Project, service: Service): Service {
  if (service.network_mode !== undefined && ownStack.test(service.network_mode)) return service;
  const own = service.extra_hosts ?? [];
  const named = new Set(own.map((entry) => entry.split("=", 1)[0]));
  const shared = Object.entries(project.s_extra_hosts)
    .filter(([name]) => !named.has(name))
    .flatMap(([name, addresses]) => addresses.map((address) => `${name}=${address}`));
  return shared.length === 0 ? service : { ...service, extra_hosts: [...own, ...shared].sort() };
}
