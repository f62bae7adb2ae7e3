/** The services of a plan: their needs on their hosts, and their order. */
import type { Project, Service } from "../../compose/types.js";
import { withoutAttributesOf } from "../../compose/schema/service.js";
import { K2Error } from "../../shared/errors.js";
import { dependenciesOf } from "../../compose/resolve/service-graph.js";
import { withExtraHosts } from "./extra-hosts.js";
import type { HealthCheckInputs, ServiceContext, ServiceInputs } from "../kinds.js";
import { isElsewhere, localPaths, refuseLocalFolders, withTravellingFolders } from "./project-bind-mounts.js";
import { borrowersOf, borrowingOf } from "../reconcile/namespaces.js";
import { linkedServices, sharedServices } from "../placement/affinity.js";
import { after, earlierGroup, gatesOf, restartsOf, servicesInOrder, shareRef } from "./dependencies.js";
import { hookImages, imageNodes, imageOf } from "./service-images.js";
import { isSynced } from "./upload-mounts.js";
import { declaredHost } from "../host-ref.js";
import { executablesOf, namedVolumes, namesOf, overlayContext, type PlannedService } from "./needs.js";
import { type PlannedSwarm, swarmGatesOf } from "./swarm.js";
import { node, type PlanNode, type PlanOptions, Ref } from "./node.js";
import { propertyOf } from "../../shared/lookup.js";

/** Services in dependency order, each on each of its hosts. */
export function planServices(
  project: Project,
  options: PlanOptions,
  swarm: PlannedSwarm | undefined,
): PlannedService[] {
  const known: Known = { swarm, jobs: jobsOf(project), on: servicesByHost(project, options) };
  return servicesInOrder(project.services).flatMap((name) =>
    Object.entries(options.placement[name] ?? {})
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([host, replicas]) => planService(project, options, known, name, host, replicas)),
  );
}

/** Look-ups that are computed once for all services. */
interface Known {
  swarm: PlannedSwarm | undefined;
  jobs: ReadonlySet<string>;
  /** The services of each host, with those that share their namespaces. */
  on: Map<string, { services: Project["services"]; borrowing: Map<string, string[]> }>;
}

function planService(
  project: Project,
  options: PlanOptions,
  known: Known,
  name: string,
  host: string,
  replicas: number,
): PlannedService {
  const written = withExtraHosts(project, propertyOf(project.services, name), host, options.placement);
  const service = withLocalFolders(project, options, name, written, host);
  const networks = networkNodes(project, service, host, known);
  const volumes = volumeNodes(project, service, host);
  const images = imageNodes(project, options, name, service, host);
  const needs = [...networks, ...volumes, ...images, ...hookImages(project, options, name, service, host)];
  const shared = sharedServices(service);
  linkedServices(service).forEach((other) => shareRef(project, options.placement, name, other, host));
  const dependencies = [...dependenciesOf(service).keys()].sort();
  const gates = dependencies.flatMap((dependency) =>
    gatesOf(project, options.placement, service, dependency),
  );
  const isRequired = (dependency: string) => service.depends_on?.[dependency]?.required !== false;
  const nodesOf = (dependency: string) => after(project, options.placement, dependency);
  const dependsOn = [
    `host ${host}`,
    ...needs.filter(({ kind }) => kind !== "image").map((need) => need.id),
    ...dependencies.filter(isRequired).flatMap(nodesOf),
    ...earlierGroup(project, options.placement, name, host),
  ];
  const here = known.on.get(host);
  const borrowers = here === undefined ? [] : borrowersOf(name, here.services, here.borrowing);
  const own = node(
    "service",
    `${name}@${host}`,
    serviceInputs(project, options, name, service, host, replicas),
    {
      imageId: new Ref(images[1].id, "imageId"),
      imageHealthcheck: new Ref(images[1].id, "healthcheck"),
      shares: Object.fromEntries(
        shared.map((other) => [other, shareRef(project, options.placement, name, other, host)]),
      ),
      ...restartsOf(options.placement, service, shared),
      networks: namesOf(service.networks, project.networks),
      volumes: namesOf(namedVolumes(service), project.volumes),
      gates,
      ...swarmGatesIn(project, service, dependencies, known),
      ...(options.platform !== undefined && { defaultPlatform: options.platform }),
      ...(service.health_check && { probe: service.health_check }),
      workingDir: project.directory,
      configFiles: project.files,
      job: known.jobs.has(name),
      ...(borrowers.length > 0 && { borrowers }),
      ...(isMove(options, name, host) && { moved: true }),
      hashed: {
        ...(service.develop && { develop: service.develop }),
        ...(service.attach !== undefined && { attach: service.attach }),
        ...(service.image === undefined && { unnamed: true }),
      },
    },
    [...new Set(dependsOn)],
  );
  const optional = dependencies.filter((dependency) => !isRequired(dependency)).flatMap(nodesOf);
  if (optional.length > 0) own.optional = optional;
  const check = replicas === 0 ? [] : healthCheckNode(project, name, service, host, own);
  return { needs, nodes: [own, ...check] };
}

function swarmGatesIn(
  project: Project,
  service: Service,
  dependencies: string[],
  { swarm }: Known,
): Pick<ServiceContext, "swarmGates"> {
  const gates = dependencies.flatMap((dependency) => swarmGatesOf(project, service, dependency));
  return swarm && gates.length > 0 ? { swarmGates: { managers: swarm.managers, gates } } : {};
}

function isMove({ placement, before = {} }: PlanOptions, name: string, host: string): boolean {
  const [now, then] = [placement[name] ?? {}, before[name]];
  if (then === undefined || then[host] !== undefined) return false;
  return Object.keys(then).some((other) => now[other] === undefined);
}

/** Folders of this machine do not exist on another one: they are uploaded or rejected. */
function withLocalFolders(
  project: Project,
  { addresses }: PlanOptions,
  name: string,
  service: Service,
  host: string,
): Service {
  const address = addresses?.[host] ?? propertyOf(project.hosts, host).address;
  if (!isElsewhere(address) || localPaths(project, service).length === 0) return service;
  refuseLocalFolders(project, name, service, host, address);
  return withTravellingFolders(project, service);
}

function serviceInputs(
  project: Project,
  options: PlanOptions,
  name: string,
  service: Service,
  host: string,
  replicas: number,
): ServiceInputs {
  const synced = service.volumes?.some(isSynced) ? options.synced?.[name] : undefined;
  const { command, entrypoint, depends_on, ...words } = withoutAttributesOf(service, "plan", "command");
  const here = Object.entries(depends_on ?? {}).filter(
    ([other]) => options.placement[other]?.[host] !== undefined,
  );
  return {
    ...words,
    image: imageOf(project, name, service),
    ...(command !== null && { command }),
    ...(entrypoint !== null && { entrypoint }),
    ...(here.length > 0 && { depends_on: Object.fromEntries(here) }),
    ...contentsByName("config_contents", service.configs, options.contents.configs),
    ...contentsByName("secret_contents", service.secrets, options.contents.secrets),
    ...executablesOf(service, options.contents.executable),
    ...(synced && { synced }),
    ...(project.naming !== "compose" && { naming: project.naming }),
    host: declaredHost(project, host),
    project: project.name,
    service: name,
    replicas,
  };
}

function contentsByName(
  key: string,
  refs: Service["configs"],
  contents: Record<string, string>,
): Record<string, unknown> {
  if (!refs || refs.length === 0) return {};
  return { [key]: Object.fromEntries(refs.map(({ source }) => [source, contents[source] ?? ""])) };
}

function networkNodes(project: Project, service: Service, host: string, { swarm }: Known): PlanNode[] {
  return Object.keys(service.networks ?? {}).map((key) => {
    const network = propertyOf(project.networks, key);
    assertAttachable(project, key);
    const inputs = { ...network, host: declaredHost(project, host), project: project.name, network: key };
    const member = network.driver === "overlay" ? swarm?.members[host] : undefined;
    return node("network", `${network.name}@${host}`, inputs, overlayContext(project, network), [
      `host ${host}`,
      ...(member === undefined ? [] : [member]),
    ]);
  });
}

function assertAttachable(project: Project, key: string): void {
  const { driver, attachable, external } = propertyOf(project.networks, key);
  if (driver !== "overlay" || attachable || external) return;
  throw new K2Error("invalid-file", `networks.${key}: containers cannot join this overlay network`, {
    at: project.positionOf(`networks.${key}`),
    hint: "Set attachable: true; without it, only services of Swarm mode can.",
  });
}

function volumeNodes(project: Project, service: Service, host: string): PlanNode[] {
  return Object.keys(namedVolumes(service)).map((key) => {
    const volume = propertyOf(project.volumes, key);
    const inputs = { ...volume, host: declaredHost(project, host), project: project.name, volume: key };
    return node("volume", `${volume.name}@${host}`, inputs, {}, [`host ${host}`]);
  });
}

function healthCheckNode(
  project: Project,
  name: string,
  service: Service,
  host: string,
  own: PlanNode,
): PlanNode[] {
  if (!service.health_check) return [];
  const inputs: HealthCheckInputs = {
    ...service.health_check,
    project: project.name,
    service: name,
    host: declaredHost(project, host),
  };
  return [
    node("healthCheck", `${name}@${host}`, inputs, { revision: new Ref(own.id, "revision") }, [own.id]),
  ];
}

function servicesByHost({ services }: Project, { placement }: PlanOptions): Known["on"] {
  const byHost = new Map<string, Project["services"]>();
  for (const [name, service] of Object.entries(services)) {
    for (const host of Object.keys(placement[name] ?? {})) {
      const here = byHost.get(host) ?? {};
      here[name] = service;
      byHost.set(host, here);
    }
  }
  return new Map([...byHost].map(([host, here]) => [host, { services: here, borrowing: borrowingOf(here) }]));
}

/** Services whose goal is to complete: another service waits for that, or their restart is disabled. */
function jobsOf({ services }: Project): ReadonlySet<string> {
  const jobs = new Set<string>();
  for (const [name, { restart, deploy, depends_on }] of Object.entries(services)) {
    const policy = deploy?.restart_policy?.condition ?? restart;
    if (policy === "no" || policy === "none" || policy?.startsWith("on-failure")) jobs.add(name);
    for (const [other, { condition }] of Object.entries(depends_on ?? {}))
      if (condition === "service_completed_successfully") jobs.add(other);
  }
  return jobs;
}
