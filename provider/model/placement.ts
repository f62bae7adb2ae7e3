/** Services -> hosts. Pure and deterministic. */
import { minimatch } from "minimatch";
import type { Project, Service } from "../compose/types.js";
import { K2Error } from "../errors.js";

/** How many containers of each service run on each host: `{web: {a: 2, b: 1}}`. */
export type Placement = Record<string, Record<string, number>>;

/** Throws K2Error where a rule cannot be met. */
export function place(project: Project): Placement {
  const placement: Placement = {};
  for (const [name, service] of Object.entries(project.services)) {
    const hosts = hostsOf(project, name, service);
    placement[name] = spread(hosts, service);
  }
  return placement;
}

function hostsOf(project: Project, name: string, service: Service): string[] {
  if (service.host === undefined) return [project.default_host];
  const patterns = Array.isArray(service.host) ? service.host : [service.host];
  const known = Object.keys(project.hosts);
  const hosts = patterns.flatMap((pattern) => known.filter((host) => minimatch(host, pattern)));
  if (hosts.length > 0) return [...new Set(hosts)];
  throw new K2Error("invalid-file", `services.${name}.host: no host "${patterns.join(", ")}" (hosts: ${known.join(", ")})`, {
    at: project.positionOf(`services.${name}.host`),
  });
}

/** One on each host, or the wanted number dealt out in turn. */
function spread(hosts: string[], service: Service): Record<string, number> {
  const wanted = service.scale ?? service.deploy?.replicas;
  const share: Record<string, number> = Object.fromEntries(hosts.map((host) => [host, wanted === undefined ? 1 : 0]));
  for (let dealt = 0; dealt < (wanted ?? 0); dealt++) {
    const host = hosts[dealt % hosts.length]!;
    share[host] = (share[host] ?? 0) + 1;
  }
  return share;
}
