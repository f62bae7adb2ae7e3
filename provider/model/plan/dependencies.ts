/** The services that a service starts after, and the conditions that it waits for. */
import { dependenciesOf } from "../../compose/resolve/service-graph.js";
import type { Project, Service } from "../../compose/types.js";
import { inDependencyOrder, reachable } from "../../shared/dependency-order.js";
import { K2Error } from "../../shared/errors.js";
import type { Gate } from "../kinds.js";
import type { Placement } from "../placement/placement.js";
import { declaredHost } from "../host-ref.js";
import { type PlanNode, Ref } from "./node.js";
import { propertyOf } from "../../shared/lookup.js";
import { runsOnSwarm, swarmServiceId } from "./swarm.js";

/** Dependencies before dependents, otherwise by name. The loader has rejected cycles already. */
export function servicesInOrder(services: Record<string, Service>): string[] {
  const dependencies = (name: string) => {
    const service = services[name];
    return service ? [...dependenciesOf(service).keys()].filter((other) => services[other]).sort() : [];
  };
  return inDependencyOrder(Object.keys(services).sort(), dependencies);
}

/** Ids of the nodes that must be done before a dependent begins: the dependency's HealthCheck, if any. */
export function after(project: Project, placement: Placement, dependency: string): string[] {
  const service = project.services[dependency];
  if (service && runsOnSwarm(service, project)) return [swarmServiceId(dependency)];
  const checked = service?.health_check !== undefined;
  return Object.entries(placement[dependency] ?? {}).map(
    ([host, replicas]) => `${checked && replicas > 0 ? "healthCheck" : "service"} ${dependency}@${host}`,
  );
}

/** `update_config.parallelism` across hosts: that many at a time, and none after a failed one. */
export function earlierGroup(project: Project, placement: Placement, name: string, host: string): string[] {
  const { deploy, health_check } = propertyOf(project.services, name);
  const size = deploy?.update_config?.parallelism;
  if (!size) return [];
  const hosts = Object.keys(placement[name] ?? {}).sort();
  const first = Math.floor(hosts.indexOf(host) / size) * size;
  const kind = health_check ? "healthCheck" : "service";
  return hosts.slice(Math.max(0, first - size), first).map((other) => `${kind} ${name}@${other}`);
}

export function gatesOf(
  project: Project,
  placement: Placement,
  service: Service,
  dependency: string,
): Gate[] {
  const written = service.depends_on?.[dependency];
  const probe = project.services[dependency]?.health_check;
  return Object.entries(placement[dependency] ?? {})
    .filter(([, replicas]) => replicas > 0)
    .map(([host]) => ({
      project: project.name,
      service: dependency,
      host: declaredHost(project, host),
      condition: written?.condition ?? "service_started",
      required: written?.required ?? true,
      ...(probe && { probe }),
    }));
}

/** A service in a shared namespace is recreated anyway; others with `restart: true` are restarted. */
export function restartsOf(
  placement: Placement,
  service: Service,
  shared: string[],
): { restarts?: Record<string, Ref> } {
  const dependencies = Object.entries(service.depends_on ?? {}).filter(
    ([name, { restart }]) => restart && !shared.includes(name),
  );
  const ids = dependencies.flatMap(([name]) =>
    Object.keys(placement[name] ?? {}).map((host) => `${name}@${host}`),
  );
  if (ids.length === 0) return {};
  return { restarts: Object.fromEntries(ids.map((id) => [id, new Ref(`service ${id}`, "containerIds")])) };
}

export function shareRef(
  project: Project,
  placement: Placement,
  name: string,
  other: string,
  host: string,
): Ref {
  if (placement[other]?.[host] !== undefined) return new Ref(`service ${other}@${host}`, "containerIds");
  const where = Object.keys(placement[other] ?? {}).join(", ") || "no host";
  throw new K2Error(
    "invalid-file",
    `services.${name}: shares a namespace, link or volumes with ${other}, which is on ${where}, not on ${host}`,
    {
      at: project.positionOf(`services.${name}`),
      hint: `Put both on one host: containers share these only within one engine.`,
    },
  );
}

/** Ids of nodes and of all their dependencies; `isFollowed`: only of those. */
export function withNeeds(
  nodes: Map<string, PlanNode>,
  ids: string[],
  isFollowed: (id: string) => boolean = () => true,
): Set<string> {
  const needsOf = (id: string): string[] => {
    const item = nodes.get(id);
    return item
      ? [...item.dependsOn, ...(item.optional ?? [])].filter((need) => nodes.has(need) && isFollowed(need))
      : [];
  };
  return reachable(
    ids.filter((id) => nodes.has(id)),
    needsOf,
  );
}
