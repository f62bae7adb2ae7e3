/** The project for one host: plain docker compose on that host can run it unchanged. */
import { withoutUnused } from "../../compose/resolve/unused-resources.js";
import type { Project, Service } from "../../compose/types.js";
import { K2Error } from "../../shared/errors.js";
import { propertyOf } from "../../shared/lookup.js";
import { withExtraHosts } from "./extra-hosts.js";
import { place } from "../placement/place.js";
import { type Placement } from "../placement/placement.js";

/** `placement` has the number of a service's containers by host. Throws K2Error for an unknown host. */
export function renderForHost(
  project: Project,
  host: string,
  placement: Placement = place(project),
): Project {
  const definition = Object.hasOwn(project.hosts, host) ? project.hosts[host] : undefined;
  if (definition === undefined) {
    throw new K2Error("usage", `no host "${host}" (hosts: ${Object.keys(project.hosts).join(", ")})`);
  }
  const here = Object.keys(project.services).filter((name) => placement[name]?.[host] !== undefined);
  const services = Object.fromEntries(
    here.map((name) => [
      name,
      serviceOn(
        withExtraHosts(project, propertyOf(project.services, name), host, placement),
        placement[name]?.[host] ?? 1,
        here,
      ),
    ]),
  );
  return withoutUnused({
    ...project,
    services,
    disabled_services: {},
    hosts: { [host]: definition },
    default_host: host,
    implicit_default: true,
    naming: "compose",
    s_extra_hosts: {},
  });
}

function serviceOn(service: Service, replicas: number, here: string[]): Service {
  const { host, s_depends_on: soft = [], health_check, sync, distribute, pull_timeout, ...words } = service;
  const dependencies = Object.entries({ ...started(soft), ...words.depends_on }).filter(([name]) =>
    here.includes(name),
  );
  const { depends_on: _, ...rest } = words;
  return withReplicas(
    dependencies.length === 0 ? rest : { ...rest, depends_on: Object.fromEntries(dependencies) },
    replicas,
  );
}

/** docker compose does not support s_depends_on; on one host it becomes a start order. */
function started(names: string[]): NonNullable<Service["depends_on"]> {
  return Object.fromEntries(names.map((name) => [name, { condition: "service_started", required: true }]));
}

function withReplicas(service: Service, replicas: number): Service {
  const { scale, deploy } = service;
  if ((scale ?? deploy?.replicas ?? 1) === replicas) return service;
  if (deploy === undefined) return { ...service, scale: replicas };
  return { ...service, ...(scale === undefined ? {} : { scale: replicas }), deploy: { ...deploy, replicas } };
}
