/** The services of a plan: what each needs on its host, and after whom it comes. */
import type { Network, Project, Service } from "../compose/types.js";
import { K2Error } from "../errors.js";
import { basesOf as buildBasesOf } from "../compose/order.js";
import { withExtraHosts } from "./extra-hosts.js";
import type { Gate, HealthCheckInputs, HostImageInputs, ImageContext, ServiceInputs } from "./inputs.js";
import { isElsewhere, localPaths, refuseLocalFolders, withTravellingFolders } from "./local-folders.js";
import { builtImageName } from "./names.js";
import { type Way, wayToHosts } from "./distribute.js";
import type { Placement } from "./placement.js";
import { linkedServices, sharedServices } from "./placement-shares.js";
import { isSynced } from "./synced.js";
import { hostRef, node, type PlanNode, type PlanOptions, Ref } from "./plan.js";

interface PlannedService {
  /** Networks, volumes and images, which other services may need too. */
  needs: PlanNode[];
  /** The Service and its HealthCheck. */
  nodes: PlanNode[];
}

/** Services in dependency order, each on each of its hosts. */
export function planServices(project: Project, options: PlanOptions): PlannedService[] {
  return inDependencyOrder(project.services).flatMap((name) =>
    Object.entries(options.placement[name] ?? {})
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([host, replicas]) => planService(project, options, name, host, replicas)),
  );
}

function planService(
  project: Project,
  options: PlanOptions,
  name: string,
  host: string,
  replicas: number,
): PlannedService {
  const written = withExtraHosts(project, project.services[name]!, host, options.placement);
  const service = withLocalFolders(project, options, name, written, host);
  const networks = networkNodes(project, service, host);
  const volumes = volumeNodes(project, service, host);
  const images = imageNodes(project, options, name, service, host);
  const needs = [...networks, ...volumes, ...images];
  const shared = sharedServices(service);
  linkedServices(service).forEach((other) => shareRef(project, options.placement, name, other, host));
  const dependencies = dependenciesOf(service);
  const gates = dependencies.flatMap((dependency) =>
    gatesOf(project, options.placement, service, dependency),
  );
  const dependsOn = [
    `host ${host}`,
    ...needs.filter((need) => need !== images[0]).map((need) => need.id),
    ...dependencies.flatMap((dependency) => after(project, options.placement, dependency)),
    ...earlierGroup(project, options.placement, name, host),
  ];
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
      ...(service.health_check && { probe: service.health_check }),
      workingDir: project.directory,
      configFiles: project.files,
      job: isJob(project, name),
      hashed: {
        ...(service.develop && { develop: service.develop }),
        ...(service.attach !== undefined && { attach: service.attach }),
        ...(service.image === undefined && { unnamed: true }),
      },
    },
    [...new Set(dependsOn)],
  );
  const check = replicas === 0 ? [] : healthCheckNode(project, name, service, host, own);
  return { needs, nodes: [own, ...check] };
}

/** Folders of this machine are no folders of another one: they travel, or are refused. */
function withLocalFolders(
  project: Project,
  { addresses }: PlanOptions,
  name: string,
  service: Service,
  host: string,
): Service {
  const address = addresses?.[host] ?? project.hosts[host]!.address;
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
  const {
    host: _host,
    s_depends_on,
    health_check,
    build,
    profiles,
    pull_policy,
    scale,
    develop,
    attach,
    sync,
    distribute,
    ...rest
  } = service;
  const synced = service.volumes?.some(isSynced) ? options.synced?.[name] : undefined;
  const { command, entrypoint, depends_on, ...words } = rest;
  const here = Object.entries(depends_on ?? {}).filter(
    ([other]) => options.placement[other]?.[host] !== undefined,
  );
  return {
    ...words,
    image: imageOf(project, name, service),
    ...(command !== null && { command }),
    ...(entrypoint !== null && { entrypoint }),
    ...(here.length > 0 && { depends_on: Object.fromEntries(here) }),
    ...contentsOf("config_contents", service.configs, options.contents.configs),
    ...contentsOf("secret_contents", service.secrets, options.contents.secrets),
    ...(synced && { synced }),
    ...(project.naming !== "compose" && { naming: project.naming }),
    host: hostRef(project, host),
    project: project.name,
    service: name,
    replicas,
  };
}

function contentsOf(
  key: string,
  refs: Service["configs"],
  contents: Record<string, string>,
): Record<string, unknown> {
  if (!refs || refs.length === 0) return {};
  return { [key]: Object.fromEntries(refs.map(({ source }) => [source, contents[source] ?? ""])) };
}

function networkNodes(project: Project, service: Service, host: string): PlanNode[] {
  return Object.keys(service.networks ?? {}).map((key) => {
    const network = project.networks[key]!;
    demandAttachable(project, key);
    const inputs = { ...network, host: hostRef(project, host), project: project.name, network: key };
    return node("network", `${network.name}@${host}`, inputs, swarmContext(project, network), [
      `host ${host}`,
    ]);
  });
}

/** Any host of the file may be the manager that a swarm's network must be asked for. */
function swarmContext(project: Project, { driver, external }: Network): PlanNode<"network">["context"] {
  if (driver !== "overlay" && !external) return {};
  return { hosts: Object.keys(project.hosts).map((name) => hostRef(project, name)) };
}

function demandAttachable(project: Project, key: string): void {
  const { driver, attachable, external } = project.networks[key]!;
  if (driver !== "overlay" || attachable || external) return;
  throw new K2Error("invalid-file", `networks.${key}: containers cannot join this overlay network`, {
    at: project.positionOf(`networks.${key}`),
    hint: "Say attachable: true; without it only services of Docker's own Swarm mode can.",
  });
}

function volumeNodes(project: Project, service: Service, host: string): PlanNode[] {
  return Object.keys(namedVolumes(service)).map((key) => {
    const volume = project.volumes[key]!;
    const inputs = { ...volume, host: hostRef(project, host), project: project.name, volume: key };
    return node("volume", `${volume.name}@${host}`, inputs, {}, [`host ${host}`]);
  });
}

/** The stack's Image and the host's. */
function imageNodes(
  project: Project,
  options: PlanOptions,
  name: string,
  service: Service,
  host: string,
): [PlanNode, PlanNode] {
  const { platform, pull_policy } = service;
  const image = imageOf(project, name, service);
  const { inputs: build, ...how } = options.builds?.[name] ?? {};
  const stackName = stackImageName(project, name, service);
  const common = { project: project.name, image, ...(platform !== undefined && { platform }) };
  const policy = isPolicyShown(service) ? { pull_policy } : {};
  const stackInputs = { ...common, ...policy, ...(build && { build }) };
  const stack = node("image", stackName, stackInputs, {
    hosts: [],
    ...(build && { build: how as ImageContext["build"], ...basesOf(project, options, name, service) }),
  });
  stack.dependsOn = baseServices(service).map((base) => baseId(project, base));
  const inputs: HostImageInputs = { ...common, host: hostRef(project, host) };
  const context = {
    digest: new Ref(stack.id, "digest"),
    ...(build && {
      builder: hostRef(project, builderOf(options, name)!),
      way: wayOf(project, name, service),
    }),
  };
  return [stack, node("image", `${stackName}@${host}`, inputs, context, [`host ${host}`, stack.id])];
}

/** The default is not shown, but where it says that what could be built may be pulled. */
function isPolicyShown({ image, build, pull_policy }: Service): boolean {
  if (pull_policy === undefined || (build && image === undefined && pull_policy !== "build")) return false;
  return build !== undefined || pull_policy !== "missing";
}

function stackImageName(project: Project, name: string, service: Service): string {
  const image = imageOf(project, name, service);
  return service.platform === undefined ? image : `${image} ${service.platform}`;
}

function baseId(project: Project, base: string): string {
  return `image ${stackImageName(project, base, project.services[base]!)}`;
}

/** Services from whose images this one is built. */
function baseServices(service: Service): string[] {
  return [...buildBasesOf(service).keys()].sort();
}

function basesOf(project: Project, options: PlanOptions, name: string, service: Service) {
  const bases = baseServices(service).map((base) => {
    const host = builderOf(options, base);
    if (host === undefined)
      throw new K2Error(
        "invalid-file",
        `services.${name}.build: nobody builds ${base}, which is on no host`,
        {
          at: project.positionOf(`services.${name}.build`),
          hint: `Give ${base} a host; with \`scale: 0\` it is built and not run.`,
        },
      );
    const digest = new Ref(baseId(project, base), "digest");
    const service = project.services[base]!;
    const image = imageOf(project, base, service);
    const way = wayOf(project, base, service);
    return [base, { image, builder: hostRef(project, host), digest, way }] as const;
  });
  return bases.length === 0 ? {} : { bases: Object.fromEntries(bases) };
}

function wayOf(project: Project, name: string, { image, distribute }: Service): Way {
  if (distribute !== "registry" || image !== undefined) return wayToHosts(image, distribute);
  throw new K2Error("invalid-file", `services.${name}.distribute: no registry is named`, {
    at: project.positionOf(`services.${name}.distribute`),
    hint: "Say `image: REGISTRY/NAME`: what is built is called so, and is pushed there.",
  });
}

/** As written, or docker compose's name for what it builds. */
function imageOf(project: Project, name: string, service: Service): string {
  return service.image ?? builtImageName(project.name, name, project.naming);
}

/** The first of the service's hosts, as the stack's Image sees them. */
function builderOf(options: PlanOptions, name: string): string | undefined {
  return Object.keys(options.placement[name] ?? {}).sort()[0];
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
    host: hostRef(project, host),
  };
  return [
    node("healthCheck", `${name}@${host}`, inputs, { revision: new Ref(own.id, "revision") }, [own.id]),
  ];
}

/** Everything that a service names as its predecessor, by either word. */
export function dependenciesOf(service: Service): string[] {
  return [...new Set([...Object.keys(service.depends_on ?? {}), ...(service.s_depends_on ?? [])])].sort();
}

/** Ids of what must be done before a dependent begins: the dependency's HealthCheck where it has one. */
function after(project: Project, placement: Placement, dependency: string): string[] {
  const checked = project.services[dependency]?.health_check !== undefined;
  return Object.entries(placement[dependency] ?? {}).map(
    ([host, replicas]) => `${checked && replicas > 0 ? "healthCheck" : "service"} ${dependency}@${host}`,
  );
}

/** Who shares a namespace is made anew anyway; the others that say `restart: true` are restarted. */
function restartsOf(
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

/** `update_config.parallelism` across hosts: so many at a time, and none after one that failed. */
function earlierGroup(project: Project, placement: Placement, name: string, host: string): string[] {
  const { deploy, health_check } = project.services[name]!;
  const size = deploy?.update_config?.parallelism;
  if (!size) return [];
  const hosts = Object.keys(placement[name] ?? {}).sort();
  const first = Math.floor(hosts.indexOf(host) / size) * size;
  const kind = health_check ? "healthCheck" : "service";
  return hosts.slice(Math.max(0, first - size), first).map((other) => `${kind} ${name}@${other}`);
}

function gatesOf(project: Project, placement: Placement, service: Service, dependency: string): Gate[] {
  const written = service.depends_on?.[dependency];
  const probe = project.services[dependency]?.health_check;
  return Object.entries(placement[dependency] ?? {})
    .filter(([, replicas]) => replicas > 0)
    .map(([host]) => ({
      project: project.name,
      service: dependency,
      host: hostRef(project, host),
      condition: written?.condition ?? "service_started",
      required: written?.required ?? true,
      ...(probe && { probe }),
    }));
}

function shareRef(project: Project, placement: Placement, name: string, other: string, host: string): Ref {
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

/** Its end is its goal: somebody waits for it, or it was told not to be restarted. */
function isJob(project: Project, name: string): boolean {
  const { restart, deploy } = project.services[name]!;
  const policy = deploy?.restart_policy?.condition ?? restart;
  if (policy === "no" || policy === "none" || policy?.startsWith("on-failure")) return true;
  return Object.values(project.services).some(
    (other) => other.depends_on?.[name]?.condition === "service_completed_successfully",
  );
}

function namedVolumes(service: Service): Record<string, true> {
  const mounts = (service.volumes ?? []).filter((mount) => mount.type === "volume" && mount.source);
  return Object.fromEntries(mounts.map((mount) => [mount.source!, true]));
}

function namesOf(
  used: Record<string, unknown> | undefined,
  all: Record<string, { name: string }>,
): Record<string, string> {
  return Object.fromEntries(Object.keys(used ?? {}).map((key) => [key, all[key]!.name]));
}

/** Dependencies before dependents, otherwise by name. The loader has refused cycles already. */
export function inDependencyOrder(services: Record<string, Service>): string[] {
  const done = new Set<string>();
  const visit = (name: string): void => {
    if (done.has(name) || !services[name]) return;
    done.add(name);
    dependenciesOf(services[name]).forEach(visit);
    ordered.push(name);
  };
  const ordered: string[] = [];
  Object.keys(services).sort().forEach(visit);
  return ordered;
}
