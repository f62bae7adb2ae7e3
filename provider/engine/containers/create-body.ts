import type { AttributesOf } from "../../compose/schema/service.js";
import type { Owner } from "../../compose/schema/shape.js";
import type { Naming, Service } from "../../compose/types.js";
import { K2Error } from "../../shared/errors.js";
import type { ObservedMount } from "../../model/observed.js";
import { type ContainerFile, fileMounts } from "../create-options/file-volumes.js";
import { label } from "../../model/labels.js";
import { separatorOf } from "../../model/names.js";
import { healthcheck } from "../../model/tables/healthcheck.js";
import { capabilities, pathAndOptions, ulimits, variables } from "../../model/tables/options.js";
import { platform } from "../../model/tables/platform.js";
import { bytes, nanoCpus, seconds } from "../../model/tables/quantity.js";
import { ignoredByEngine } from "../create-options/unsupported-by-engine.js";
import { ipAddress } from "../create-options/ip-address.js";
import { networking } from "../create-options/endpoints.js";
import { mounts } from "../create-options/mounts.js";
import { exposedPorts, portBindings, publishedPorts } from "../create-options/ports.js";
import { blkioPlaces, deployPlaces, devices, gpus } from "../create-options/resources.js";
import { restartPolicy } from "../create-options/restart.js";
import { securityOptions } from "../create-options/security.js";
import {
  type Body,
  bodyOf,
  claimsOf,
  land,
  nested,
  sets,
  type Table,
  withOthers,
} from "../../model/tables/table.js";

export { carriedMounts } from "../create-options/mounts.js";
export { containerLabels, type LabelContext } from "../create-options/labels.js";
export { proxyEnvironment, type Proxies } from "../create-options/proxies.js";
export { seccompProfiles } from "../create-options/security.js";

/** Inputs of a container other than the service's definition. */
export interface ContainerContext {
  project: string;
  service: string;
  number: number;
  naming: Naming;
  /** Created by `run`: not one of the service's replicas. */
  oneoff?: boolean;
  /** Gives a one-off container the service's name and aliases nevertheless. */
  useAliases?: boolean;
  /** The name at creation; temporary while the container that it replaces still has the final one. */
  name: string;
  finalName: string;
  /** The image's name as written. */
  image: string;
  /** From `containerLabels`. */
  labels: Record<string, string>;
  /** Compose key -> engine network name. */
  networks: Record<string, string>;
  /** Compose key -> engine volume name. */
  volumes: Record<string, string>;
  /** Service -> id of its first container, for "service:…" and volumes_from. */
  containers: Record<string, string>;
  /** Service -> names of all its containers, for links; without this map its first container is linked. */
  linked?: Record<string, string[]>;
  /** From `carriedMounts`, for the replaced container. */
  carry: ObservedMount[];
  /** The negotiated version, "1.41". */
  apiVersion: string;
  /** Default platform of services that set none (DOCKER_DEFAULT_PLATFORM). */
  platform?: string;
  /** From `proxyEnvironment`; the service's own environment takes precedence. */
  environment?: Record<string, string>;
  /** From `containerFiles`, for its configs and secrets: some must be stored in a volume. */
  files?: ContainerFile[];
  /** Contents of the files that `seccompProfiles` returns. */
  profiles?: Record<string, string>;
}

export interface ContainerCreate {
  query: { name: string; platform?: string };
  body: Body;
  /** Calls between create and start: engines before API 1.44 accept one network at creation. */
  connect: { network: string; body: Body }[];
  /** Attributes that this engine ignores. */
  warnings: string[];
}

/** Returns the create call of one container, as docker compose makes it. */
export function containerCreate(service: Service, context: ContainerContext): ContainerCreate {
  const draft = emptyDraft(service, context);
  land(places, service, draft);
  const { config, host } = draft;
  const { project, service: name, number, labels, files = [] } = context;
  const forFiles = fileMounts(service, files, [project, name, number, labels[label.image] ?? ""]);
  // Carried volumes are mounted even if the service itself mounts none.
  mounts([...(service.volumes ?? []), ...forFiles], context, host);
  config.Env = environment(service, context);
  const links = [...serviceLinks(service, context), ...externalLinks(service)];
  if (links.length > 0) host.Links = links;
  if (!service.network_mode) {
    const { mode, macAddress, endpoints, connect } = networking(service, links, context);
    host.NetworkMode = mode;
    if (macAddress) config.MacAddress = macAddress;
    if (Object.keys(endpoints).length > 0) config.NetworkingConfig = { EndpointsConfig: endpoints };
    draft.connect = connect;
  }
  const body = Object.fromEntries(
    Object.entries({ ...config, HostConfig: host }).filter(([, value]) => value !== undefined),
  );
  return {
    query: draft.query,
    body,
    connect: draft.connect,
    warnings: ignoredByEngine(service, context.apiVersion),
  };
}

interface Draft {
  config: Body;
  host: Body;
  query: { name: string; platform?: string };
  connect: { network: string; body: Body }[];
  service: Service;
  context: ContainerContext;
}

function emptyDraft(service: Service, context: ContainerContext): Draft {
  return {
    config: { AttachStdout: true, AttachStderr: true, Image: context.image, Labels: context.labels },
    // `inspect` distinguishes empty from absent.
    host: { OomKillDisable: false, ExtraHosts: [], PortBindings: {} },
    query: context.platform
      ? { name: context.name, platform: platform(context.platform) }
      : { name: context.name },
    connect: [],
    service,
    context,
  };
}

/** Settings that can be updated while a container runs. */
export type Limits = Partial<
  Pick<
    Service,
    | "cpus"
    | "cpu_period"
    | "cpu_quota"
    | "cpu_shares"
    | "cpuset"
    | "deploy"
    | "mem_limit"
    | "mem_reservation"
    | "pids_limit"
    | "restart"
  >
>;

const limitPlaces: Table<Limits, Pick<Draft, "host">> = {
  cpu_period: host("CpuPeriod"),
  cpu_quota: host("CpuQuota"),
  cpu_shares: host("CpuShares"),
  cpus: host("NanoCpus", nanoCpus),
  cpuset: host("CpusetCpus"),
  mem_limit: host("Memory", bytes),
  mem_reservation: host("MemoryReservation", bytes),
  pids_limit: sets(["HostConfig.PidsLimit"], (limit, { host }) => {
    if (limit !== 0) host.PidsLimit = limit;
  }),
  restart: host("RestartPolicy", restartPolicy),
  // After the attributes that it overrides.
  deploy: inHost(deployPlaces),
};

/** The fields of HostConfig that the settings become. */
export function limitsOf(service: Limits): Body {
  const host: Body = {};
  land(limitPlaces, service, { host });
  return host;
}

/**
 * The field that each attribute of a service sets. Attributes that the create body does not contain have no place here,
 * but an owner in the column `belongsTo` of the schema.
 */
const places: Table<Omit<Service, AttributesOf<Owner>>, Draft> = {
  annotations: host("Annotations"),
  blkio_config: inHost(blkioPlaces),
  cap_add: host("CapAdd", capabilities),
  cap_drop: host("CapDrop", capabilities),
  cgroup: host("CgroupnsMode"),
  cgroup_parent: host("CgroupParent"),
  command: config("Cmd"),
  container_name: withOthers("?name"),
  cpu_count: host("CpuCount"),
  cpu_percent: host("CpuPercent", (percent) => Math.trunc(Math.fround(Math.fround(percent) * 100))),
  cpu_rt_period: host("CpuRealtimePeriod"),
  cpu_rt_runtime: host("CpuRealtimeRuntime"),
  device_cgroup_rules: host("DeviceCgroupRules"),
  dns: host("Dns", (servers) => servers.map((server) => ipAddress(server, "dns"))),
  dns_opt: host("DnsOptions"),
  dns_search: host("DnsSearch"),
  domainname: config("Domainname"),
  entrypoint: config("Entrypoint"),
  environment: withOthers("Env"),
  expose: sets(["ExposedPorts"], (ports, { config }) => expose(config, exposedPorts(ports))),
  external_links: withOthers("HostConfig.Links"),
  extra_hosts: host("ExtraHosts", (hosts) => hosts.map((entry) => entry.replace("=", ":")).sort()),
  group_add: host("GroupAdd"),
  healthcheck: sets(["Healthcheck"], (check, { config }) => {
    config.Healthcheck = healthcheck(check);
  }),
  hostname: config("Hostname"),
  image: withOthers("Image"),
  init: host("Init"),
  ipc: namespace("IpcMode", "IPC"),
  isolation: host("Isolation"),
  label_file: withOthers("Labels"),
  labels: withOthers("Labels"),
  links: withOthers("HostConfig.Links"),
  logging: sets(["HostConfig.LogConfig"], (logging, { host }) => {
    host.LogConfig = { Type: logging.driver ?? "", Config: logging.options ?? {} };
  }),
  mac_address: withOthers("MacAddress"),
  mem_swappiness: sets(["HostConfig.MemorySwappiness"], (swappiness, { host }) => {
    if (bytes(swappiness) !== 0) host.MemorySwappiness = bytes(swappiness);
  }),
  memswap_limit: host("MemorySwap", bytes),
  network_mode: sets(["HostConfig.NetworkMode"], (mode, { config, host, context }) => {
    host.NetworkMode = namespaceMode(mode, "network", context);
    if (mode === "disabled") config.NetworkDisabled = true;
  }),
  networks: withOthers("NetworkingConfig"),
  oom_kill_disable: host("OomKillDisable"),
  oom_score_adj: host("OomScoreAdj"),
  pid: namespace("PidMode", "PID"),
  platform: sets(["?platform"], (name, { query }) => {
    query.platform = platform(name);
  }),
  ports: sets(["HostConfig.PortBindings", "ExposedPorts"], (ports, { config, host }) => {
    expose(config, publishedPorts(ports));
    host.PortBindings = portBindings(ports);
  }),
  privileged: host("Privileged"),
  read_only: host("ReadonlyRootfs"),
  runtime: host("Runtime"),
  security_opt: sets(
    ["HostConfig.SecurityOpt", "HostConfig.MaskedPaths", "HostConfig.ReadonlyPaths"],
    (options, { host, context }) => securityOptions(options, context.profiles ?? {}, host),
  ),
  shm_size: host("ShmSize", bytes),
  stdin_open: config("OpenStdin"),
  stop_grace_period: config("StopTimeout", seconds),
  stop_signal: config("StopSignal"),
  storage_opt: host("StorageOpt"),
  sysctls: host("Sysctls"),
  tmpfs: host("Tmpfs", (entries) => Object.fromEntries(entries.map(pathAndOptions))),
  tty: config("Tty"),
  ulimits: host("Ulimits", ulimits),
  user: config("User"),
  userns_mode: host("UsernsMode"),
  uts: host("UTSMode"),
  volumes: withOthers("HostConfig.Binds", "HostConfig.Mounts"),
  volumes_from: host("VolumesFrom", (sources, { context }) =>
    sources.map((source) => volumesFrom(source, context)),
  ),
  working_dir: config("WorkingDir"),
  ...limitPlaces,
  // After `deploy`, whose devices they extend.
  devices: sets(["HostConfig.Devices", "HostConfig.DeviceRequests"], (mappings, { host }) =>
    devices(mappings, host),
  ),
  gpus: sets(["HostConfig.DeviceRequests"], (requests, { host }) => gpus(requests, host)),
};

/**
 * The attributes that set a field, such as "HostConfig.Memory". The last one to be set overrides the others and comes
 * first: "deploy.resources.limits.memory", "mem_limit".
 */
export function attributesOf(field: string): string[] {
  return claimsOf(places)
    .filter((claim) => claim.field === field)
    .map(({ attribute }) => attribute)
    .reverse();
}

function config<Value>(name: string, convert: (value: Value) => unknown = (value) => value) {
  return sets([name], (value: Value, { config }: Pick<Draft, "config">) => {
    config[name] = convert(value);
  });
}

function host<Value, Part extends Pick<Draft, "host">>(
  name: string,
  convert: (value: Value, draft: Part) => unknown = (value) => value,
) {
  return sets([`HostConfig.${name}`], (value: Value, draft: Part) => {
    draft.host[name] = convert(value, draft);
  });
}

function inHost<Source extends object>(table: Table<Source, Body>) {
  return nested(table, "HostConfig.", ({ host }: Pick<Draft, "host">) => host);
}

function namespace(name: string, kind: string) {
  return host(name, (mode: string, { context }: Draft) => namespaceMode(mode, kind, context));
}

/** "service:db" becomes the id of that service's container; every other value is the engine's own syntax. */
function namespaceMode(mode: string, kind: string, { containers }: ContainerContext): string {
  if (!mode.startsWith("service:")) return mode;
  const service = mode.slice("service:".length);
  const id = containers[service];
  if (id !== undefined) return `container:${id}`;
  throw new K2Error("not-found", `cannot share ${kind} namespace with service ${service}: container missing`);
}

/** A mode (":ro") is dropped, as docker compose drops it: the volumes are mounted as in the other container. */
function volumesFrom(source: string, { containers }: ContainerContext): string {
  const [first = "", second] = source.split(":");
  if (first === "container") return second ?? "";
  const id = containers[first];
  if (id !== undefined) return id;
  throw new K2Error("not-found", `cannot share volume with service ${first}: container missing`);
}

function expose(config: Body, ports: string[]): void {
  const all = new Set([...Object.keys(bodyOf(config.ExposedPorts)), ...ports]);
  config.ExposedPorts = Object.fromEntries([...all].sort().map((port) => [port, {}]));
}

function environment(service: Service, context: ContainerContext): string[] | undefined {
  const all: Record<string, string | null> = { ...context.environment, ...service.environment };
  return Object.keys(all).length === 0 ? undefined : variables(all);
}

/**
 * Links each container of the linked service under three names, of which the latter two contain the number of *this*
 * container.
 */
function serviceLinks(service: Service, context: ContainerContext): string[] {
  const { project, number, naming, linked, containers } = context;
  const separator = separatorOf(naming);
  return (service.links ?? []).flatMap((link) => {
    const [name = "", alias = name] = link.split(":");
    const targets = linked?.[name] ?? (containers[name] === undefined ? [] : [containers[name]]);
    const aliases = [alias, [name, number].join(separator), [project, name, number].join(separator)];
    return targets.flatMap((target) => aliases.map((as) => `${target}:${as}`));
  });
}

function externalLinks(service: Service): string[] {
  return (service.external_links ?? []).map((link) => (link.includes(":") ? link : `${link}:${link}`));
}
