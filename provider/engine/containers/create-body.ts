import type { Naming, Service } from "../../compose/types.js";
import { K2Error } from "../../shared/errors.js";
import type { ObservedMount } from "../../model/observed.js";
import type { ContainerFile } from "../create-options/file-volumes.js";
import { label } from "../../model/labels.js";
import { separatorOf } from "../../model/names.js";
import { fileMounts } from "../create-options/file-volumes.js";
import { ignoredByEngine } from "../create-options/unsupported-by-engine.js";
import { ipAddress } from "../create-options/ip-address.js";
import { networking } from "../create-options/endpoints.js";
import { healthcheck } from "../create-options/healthcheck.js";
import { mounts } from "../create-options/mounts.js";
import { platform } from "../create-options/platform.js";
import { exposedPorts, portBindings, publishedPorts } from "../create-options/ports.js";
import { bytes, nanoCpus, seconds } from "../create-options/quantity.js";
import { blkio, deploy, devices, gpus, ulimits } from "../create-options/resources.js";
import { restartPolicy } from "../create-options/restart.js";
import { securityOptions } from "../create-options/security.js";
import { type Body, land, notForTheEngine, type Table } from "../create-options/table.js";

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

/** The fields of HostConfig that the settings become. */
export function limitsOf(service: Limits): Body {
  const { cpus, cpu_period, cpu_quota, cpu_shares, cpuset, ...rest } = service;
  const { deploy, mem_limit, mem_reservation, pids_limit, restart } = rest;
  const limits = { cpus, cpu_period, cpu_quota, cpu_shares, cpuset, deploy };
  const host: Body = {};
  land(places, { ...limits, mem_limit, mem_reservation, pids_limit, restart } as Service, { host } as Draft);
  return host;
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

/**
 * The field that each attribute of a service sets. `deploy` and `gpus` follow the attributes that they override or
 * extend.
 */
export const places: Table<Service, Draft> = {
  annotations: host("Annotations"),
  attach: notForTheEngine("whether `up` shows the service's log"),
  blkio_config: (config, { host }) => blkio(config, host),
  build: notForTheEngine("makes the image, before there is a container"),
  cap_add: host("CapAdd", capabilities),
  cap_drop: host("CapDrop", capabilities),
  cgroup: host("CgroupnsMode"),
  cgroup_parent: host("CgroupParent"),
  command: config("Cmd"),
  configs: notForTheEngine("copied into the created container: engine/files/config-files.ts"),
  container_name: notForTheEngine("in the context's names"),
  cpu_count: host("CpuCount"),
  cpu_percent: host("CpuPercent", (percent) => Math.trunc(Math.fround(Math.fround(percent) * 100))),
  cpu_period: host("CpuPeriod"),
  cpu_quota: host("CpuQuota"),
  cpu_rt_period: host("CpuRealtimePeriod"),
  cpu_rt_runtime: host("CpuRealtimeRuntime"),
  cpu_shares: host("CpuShares"),
  cpus: host("NanoCpus", nanoCpus),
  cpuset: host("CpusetCpus"),
  credential_spec: notForTheEngine("Windows only, and docker compose reads and ignores it"),
  depends_on: notForTheEngine("the order of work: model/plan; its label is in the context"),
  develop: notForTheEngine("for `watch`"),
  device_cgroup_rules: host("DeviceCgroupRules"),
  dns: host("Dns", (servers) => servers.map((server) => ipAddress(server, "dns"))),
  dns_opt: host("DnsOptions"),
  dns_search: host("DnsSearch"),
  domainname: config("Domainname"),
  entrypoint: config("Entrypoint"),
  environment: notForTheEngine("lands with the context's: see environment()"),
  expose: (ports, { config }) => expose(config, exposedPorts(ports)),
  external_links: notForTheEngine("lands behind the links: see externalLinks()"),
  extra_hosts: host("ExtraHosts", (hosts) => hosts.map((entry) => entry.replace("=", ":")).sort()),
  group_add: host("GroupAdd"),
  healthcheck: (check, { config }) => {
    config.Healthcheck = healthcheck(check);
  },
  hostname: config("Hostname"),
  image: notForTheEngine("in the context: it may be a built one's name"),
  init: host("Init"),
  ipc: namespace("IpcMode", "IPC"),
  isolation: host("Isolation"),
  label_file: notForTheEngine("read into the labels"),
  labels: notForTheEngine("in the context, with docker compose's and ours"),
  links: notForTheEngine("lands as names of containers: see serviceLinks()"),
  logging: (logging, { host }) => {
    host.LogConfig = { Type: logging.driver ?? "", Config: logging.options ?? {} };
  },
  mac_address: notForTheEngine("lands on the first network's endpoint"),
  mem_limit: host("Memory", bytes),
  mem_reservation: host("MemoryReservation", bytes),
  mem_swappiness: (swappiness, { host }) => {
    if (bytes(swappiness) !== 0) host.MemorySwappiness = bytes(swappiness);
  },
  memswap_limit: host("MemorySwap", bytes),
  network_mode: (mode, draft) => {
    namespace("NetworkMode", "network")(mode, draft);
    if (mode === "disabled") draft.config.NetworkDisabled = true;
  },
  networks: notForTheEngine("lands as endpoints: see networking()"),
  oom_kill_disable: host("OomKillDisable"),
  oom_score_adj: host("OomScoreAdj"),
  pid: namespace("PidMode", "PID"),
  pids_limit: (limit, { host }) => {
    if (limit !== 0) host.PidsLimit = limit;
  },
  platform: (name, { query }) => {
    query.platform = platform(name);
  },
  ports: (ports, { config, host }) => {
    expose(config, publishedPorts(ports));
    host.PortBindings = portBindings(ports);
  },
  post_start: notForTheEngine("executed in the started container"),
  pre_start: notForTheEngine("containers of their own, before the start"),
  pre_stop: notForTheEngine("executed before the container is stopped"),
  privileged: host("Privileged"),
  profiles: notForTheEngine("whether the service is part of the project at all"),
  pull_policy: notForTheEngine("when the image is fetched"),
  read_only: host("ReadonlyRootfs"),
  restart: host("RestartPolicy", restartPolicy),
  runtime: host("Runtime"),
  scale: notForTheEngine("how many containers: model/reconcile"),
  secrets: notForTheEngine("copied into the created container: engine/files/config-files.ts"),
  security_opt: (options, { host, context }) => securityOptions(options, context.profiles ?? {}, host),
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
  volume_driver: host("VolumeDriver"),
  volumes: notForTheEngine("lands with the volumes that are taken over: see mounts()"),
  volumes_from: host("VolumesFrom", (sources, { context }) =>
    sources.map((source) => volumesFrom(source, context)),
  ),
  working_dir: config("WorkingDir"),
  deploy: (settings, { host }) => deploy(settings, host),
  devices: (mappings, { host }) => devices(mappings, host),
  gpus: (requests, { host }) => gpus(requests, host),

  host: notForTheEngine("which engine: model/placement"),
  s_depends_on: notForTheEngine("the order of work across hosts"),
  health_check: notForTheEngine("probed from outside: engine/containers/probe"),
  sync: notForTheEngine("turns bind mounts into volumes: engine/files/synced-folders"),
  distribute: notForTheEngine("of an image's way: engine/images/transfer"),
};

function config<Value>(name: string, convert: (value: Value) => unknown = (value) => value) {
  return (value: Value, { config }: Draft): void => {
    config[name] = convert(value);
  };
}

function host<Value>(name: string, convert: (value: Value, draft: Draft) => unknown = (value) => value) {
  return (value: Value, draft: Draft): void => {
    draft.host[name] = convert(value, draft);
  };
}

/** "service:db" becomes the id of that service's container; every other value is the engine's own syntax. */
function namespace(name: string, kind: string) {
  return host(name, (mode: string, { context }) => {
    if (!mode.startsWith("service:")) return mode;
    const service = mode.slice("service:".length);
    const id = context.containers[service];
    if (id !== undefined) return `container:${id}`;
    throw new K2Error(
      "not-found",
      `cannot share ${kind} namespace with service ${service}: container missing`,
    );
  });
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
  const all = new Set([...Object.keys((config.ExposedPorts as Body | undefined) ?? {}), ...ports]);
  config.ExposedPorts = Object.fromEntries([...all].sort().map((port) => [port, {}]));
}

function environment(service: Service, context: ContainerContext): string[] | undefined {
  const all: Record<string, string | null> = { ...context.environment, ...service.environment };
  const names = Object.keys(all).sort();
  if (names.length === 0) return undefined;
  return names.map((name) => (all[name] === null ? name : `${name}=${all[name]}`));
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

/** CAP_NET_ADMIN for net_admin, without duplicates, sorted. */
function capabilities(names: string[]): string[] {
  const full = names
    .map((name) => name.toUpperCase())
    .map((name) => (name === "ALL" || name.startsWith("CAP_") ? name : `CAP_${name}`));
  return [...new Set(full)].sort();
}

function pathAndOptions(entry: string): [string, string] {
  const at = entry.indexOf(":");
  return at < 0 ? [entry, ""] : [entry.slice(0, at), entry.slice(at + 1)];
}
