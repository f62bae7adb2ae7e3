/** The rows of a service, in the order in which docker compose prints them, because the configuration's hash depends on it. */
import { isList, isMapping, listOf, mappingOf } from "../tree/tree.js";
import type { At } from "../tree/problems.js";
import { build, develop, hooks, preStart } from "./build.js";
import { deploy } from "./deploy.js";
import { fileReference } from "./file-reference.js";
import { distribute, healthCheck, host, pullTimeout, softDependencies, sync } from "./k2.js";
import { blkioConfig, devices, gpus, ulimits } from "./limits.js";
import { mounts } from "./mounts.js";
import { ports } from "./ports.js";
import {
  anything,
  distinctTexts,
  eitherSchema,
  flag,
  keyed,
  list,
  maybeFlag,
  oneOf,
  optOut,
  record,
  text,
  textOrList,
  texts,
  whole,
  type DecodedRecord,
  type Fields,
  type Owner,
  type Shape,
  orNull,
} from "./shape.js";
import { serviceSwarm } from "./swarm.js";
import { byteSize, command, duration, environment, hostList, options, pairList, real } from "./values.js";

const keyIndex = (entry: unknown): string => String(entry).split("=", 1)[0] ?? "";
const numberOrText = { type: ["number", "string"] };
const textsOrNumbers = { type: "array", items: { type: ["string", "number"] }, uniqueItems: true };

const dependency = record({
  present: ["required"],
  fields: {
    condition: oneOf(["service_started", "service_healthy", "service_completed_successfully"], {
      doc: "Condition to wait for",
    }),
    restart: flag({ doc: "Restart the service when the dependency is restarted" }),
    required: maybeFlag({
      doc: "false: only warn if the dependency is missing",
      schema: { type: "boolean" },
      absent: false,
    }),
  },
  required: ["condition"],
});
const dependencies = keyed(dependency, { keys: "^[a-zA-Z0-9._-]+$" });

function longDependencies(value: unknown, at: At): unknown {
  const started = { condition: "service_started", required: true };
  if (isList(value))
    return mappingOf(
      Object.fromEntries(value.map((name) => [String(name), mappingOf(started, at.place)])),
      at.place,
    );
  if (isMapping(value)) for (const one of Object.values(value)) if (isMapping(one)) one.required ??= true;
  return value;
}

const attachment = record({
  fields: {
    aliases: texts({ doc: "Additional names on this network", index: keyIndex }),
    driver_opts: options(["string", "number"], { doc: "Options for the driver" }),
    gw_priority: whole({
      doc: "The highest becomes the default gateway",
      schema: { type: "number" },
      cast: undefined,
    }),
    interface_name: text({ doc: "Name of the interface" }),
    ipv4_address: text({ doc: "Fixed IPv4 address" }),
    ipv6_address: text({ doc: "Fixed IPv6 address" }),
    link_local_ips: texts({ doc: "Link-local addresses", index: keyIndex }),
    mac_address: text({ doc: "MAC address" }),
    priority: whole({ doc: "The highest is connected first", schema: { type: "number" }, cast: undefined }),
  },
});
const attachments = keyed(orNull(attachment), { keys: "^[a-zA-Z0-9._-]+$" });

const healthcheckTest: Shape<string[]> = {
  doc: "Command; CMD, CMD-SHELL or NONE first if it is a list",
  schema: eitherSchema({ type: "string" }, { type: "array", items: { type: "string" } }),
  merge: "replace",
  decode: (value) =>
    typeof value === "string" ? ["CMD-SHELL", value] : isList(value) ? value.map(String) : undefined,
  omit: (value) => !isList(value) || value.length === 0,
};

const healthcheck = record({
  doc: "How the engine checks the health of a container",
  fields: {
    test: healthcheckTest,
    timeout: duration({ doc: "Timeout of a check" }),
    interval: duration({ doc: "Interval between checks" }),
    retries: whole({
      doc: "Consecutive failures until a container is unhealthy",
      schema: numberOrText,
      unsigned: true,
      zero: true,
    }),
    start_period: duration({ doc: "Time after the start in which failures do not count" }),
    start_interval: duration({ doc: "Interval between checks in the start period" }),
    disable: flag({ doc: "Turn off the image's check" }),
  },
});

const logging = record({
  doc: "Logging driver",
  merge: "logging",
  fields: {
    driver: text({ doc: "Driver" }),
    options: options(["string", "number", "null"], { doc: "Options for the driver" }),
  },
});

const tags = (doc: string) => texts({ doc, index: keyIndex });

interface Owned<Of extends Owner> {
  belongsTo: Of;
}

function belongsTo<Of extends Owner, Row extends Shape>(owner: Of, row: Row): Row & Owned<Of> {
  return { ...row, belongsTo: owner };
}

const rows = {
  profiles: belongsTo("plan", tags("The service is used only if one of these is active")),
  annotations: pairList({ doc: "Annotations of the container (engine 25 and newer)" }),
  attach: belongsTo("command", maybeFlag({ doc: "Whether up shows its logs" })),
  build: belongsTo("plan", build),
  develop: belongsTo("command", develop),
  blkio_config: blkioConfig,
  cap_add: tags("Capabilities to add"),
  cap_drop: tags("Capabilities to drop"),
  cgroup_parent: text({ doc: "Parent cgroup" }),
  cgroup: oneOf(["host", "private"], { doc: "Cgroup namespace" }),
  cpu_count: whole({
    doc: "Number of CPUs (Windows)",
    schema: eitherSchema({ type: "string" }, { type: "integer", minimum: 0 }),
  }),
  cpu_percent: real({
    doc: "Share of the CPUs (Windows)",
    schema: eitherSchema({ type: "string" }, { type: "integer", minimum: 0, maximum: 100 }),
  }),
  cpu_period: whole({ doc: "CFS period, µs", schema: numberOrText }),
  cpu_quota: whole({ doc: "CFS quota, µs", schema: numberOrText }),
  cpu_rt_period: whole({ doc: "Real-time period, µs", schema: numberOrText }),
  cpu_rt_runtime: whole({ doc: "Real-time runtime, µs", schema: numberOrText }),
  cpus: real({ doc: "CPUs it may use" }),
  cpuset: text({ doc: "Which CPUs: 0-3 or 0,1" }),
  cpu_shares: whole({ doc: "Relative weight", schema: numberOrText }),
  command: command({ doc: "Replaces the image's command" }),
  configs: belongsTo("steps", fileReference("", { doc: "Configs to mount", secret: false })),
  container_name: text({
    doc: "Name of the container",
    schema: { type: "string", pattern: "[a-zA-Z0-9][a-zA-Z0-9_.-]+", examples: ["shop-web"] },
  }),
  depends_on: belongsTo("order", {
    ...dependencies,
    doc: "Services that are started first",
    schema: eitherSchema(distinctTexts, dependencies.schema),
    merge: "dependencies",
    long: longDependencies,
  }),
  deploy,
  device_cgroup_rules: texts({ doc: "Rules for the devices cgroup" }),
  devices,
  dns: textOrList({ doc: "DNS servers", merge: "sequence", index: keyIndex, long: longDns }),
  dns_opt: texts({ doc: "Options of the resolver", merge: "sequence", index: keyIndex }),
  dns_search: textOrList({ doc: "Search domains", merge: "sequence", index: keyIndex }),
  domainname: text({ doc: "Domain name" }),
  entrypoint: command({ doc: "Replaces the image's entrypoint" }),
  /** Null: the variable has no value, and is unset in the container. Contains the variables of `env_file`. */
  environment: environment({ doc: "Environment variables" }),
  expose: list(text(), {
    doc: "Ports that other containers may reach",
    schema: textsOrNumbers,
    index: (entry) => String(entry),
  }),
  external_links: texts({ doc: "Links to containers outside the project" }),
  extra_hosts: hostList({ doc: "Host names in /etc/hosts" }),
  group_add: list(text(), { doc: "Additional groups of the user", schema: textsOrNumbers }),
  gpus,
  hostname: text({ doc: "Host name" }),
  healthcheck,
  image: text({ doc: "Image to run" }),
  init: maybeFlag({ doc: "An init process that reaps children" }),
  ipc: text({ doc: "IPC namespace: host, shareable, service:NAME, container:NAME" }),
  isolation: text({ doc: "Isolation (Windows)" }),
  labels: pairList({ doc: "Labels of the container" }),
  /** Absolute paths. Their content is already merged into `labels`. */
  label_file: textOrList({ doc: "Files of labels", path: "path", merge: "sequence" }),
  links: texts({ doc: "SERVICE or SERVICE:ALIAS", index: keyIndex }),
  logging,
  mem_limit: byteSize(["number", "string"], { doc: "Memory it may use" }),
  mem_reservation: byteSize(["integer", "string"], { doc: "Reserved memory" }),
  memswap_limit: byteSize(["number", "string"], { doc: "Memory and swap; -1 = no limit" }),
  mem_swappiness: byteSize(["integer", "string"], { doc: "0 to 100" }),
  mac_address: text({ doc: "MAC address" }),
  network_mode: text({ doc: "bridge, host, none, service:NAME, container:NAME" }),
  networks: {
    ...attachments,
    doc: "Networks to join",
    schema: eitherSchema(distinctTexts, attachments.schema),
    merge: "names",
    long: (value, at) =>
      isList(value)
        ? mappingOf(Object.fromEntries(value.map((name) => [String(name), null])), at.place)
        : value,
  },
  oom_kill_disable: flag({ doc: "Disable the OOM killer" }),
  oom_score_adj: whole({
    doc: "-1000 to 1000",
    schema: eitherSchema({ type: "string" }, { type: "integer", minimum: -1000, maximum: 1000 }),
  }),
  pid: text({ doc: "PID namespace: host, service:NAME, container:NAME" }),
  pids_limit: whole({ doc: "Processes it may have; -1 = no limit", schema: numberOrText }),
  platform: text({ doc: "Platform of the image" }),
  ports,
  privileged: flag({ doc: "All capabilities and devices" }),
  pull_policy: belongsTo(
    "plan",
    text({
      doc: "When to pull the image",
      schema: {
        type: "string",
        pattern: "^(always|never|build|if_not_present|missing|refresh|daily|weekly|every_([0-9]+[wdhms])+)$",
        examples: ["always", "never", "missing", "build", "daily", "weekly", "every_12h"],
      },
    }),
  ),
  read_only: flag({ doc: "Mount the container's root filesystem read-only" }),
  restart: text({ doc: "no, always, on-failure[:N], unless-stopped" }),
  runtime: text({ doc: "Runtime, such as runc" }),
  scale: belongsTo("plan", whole({ doc: "Number of containers; the same as deploy.replicas", zero: true })),
  secrets: belongsTo("steps", fileReference("/run/secrets", { doc: "Secrets to mount", secret: true })),
  security_opt: texts({ doc: "Security options: label, seccomp, apparmor, no-new-privileges" }),
  shm_size: byteSize(["number", "string"], { doc: "Size of /dev/shm" }),
  stdin_open: flag({ doc: "Keep standard input open" }),
  stop_grace_period: duration({ doc: "How long a stop may take before the container is killed" }),
  stop_signal: text({ doc: "Signal that stops it" }),
  storage_opt: keyed(text({ schema: {}, omit: () => false }), { doc: "Options of the storage driver" }),
  sysctls: pairList({ doc: "Kernel parameters" }),
  tmpfs: textOrList({ doc: "Temporary filesystems: path[:options]", merge: "sequence", index: keyIndex }),
  tty: flag({ doc: "A terminal" }),
  ulimits: ulimits("Ulimits"),
  user: text({ doc: "User to run as" }),
  userns_mode: text({ doc: "User namespace: host" }),
  uts: text({ doc: "UTS namespace: host" }),
  volumes: mounts,
  volumes_from: texts({ doc: "All mounts of a service or container: NAME[:ro], container:NAME" }),
  working_dir: text({ doc: "Working directory" }),
  /** Containers that run to completion before the containers of the service start. */
  pre_start: belongsTo("steps", preStart),
  post_start: belongsTo("steps", hooks("Commands in the container after its start")),
  pre_stop: belongsTo("steps", hooks("Commands in the container before its stop")),

  host: belongsTo("plan", host),
  s_depends_on: belongsTo("plan", softDependencies),
  health_check: belongsTo("plan", healthCheck),
  sync: belongsTo("plan", sync),
  distribute: belongsTo("plan", distribute),
  pull_timeout: belongsTo("plan", pullTimeout),
  swarm: belongsTo("plan", serviceSwarm),
} satisfies Fields;

// Resolved during loading or refused: they are not part of the result.
const envFile = record({
  short: { type: "string" },
  required: ["path"],
  fields: {
    path: text({ doc: "Path", path: "path" }),
    required: optOut({ doc: "false: no error if it is missing" }),
    format: text({ doc: "Format of the file; only .env is supported" }),
  },
  long: (value, at) =>
    typeof value === "string" ? mappingOf({ path: value, required: true }, at.place) : value,
});

const resolvedRows = {
  credential_spec: anything({
    doc: "Windows credential spec",
    refused: "it is for Windows containers in an Active Directory; k2-compose runs Linux engines",
  }),
  env_file: list(envFile, {
    doc: "Files of environment variables",
    schema: eitherSchema({ type: "string" }, { type: "array", items: envFile.schema }),
    merge: "sequence",
    long: (value, at) => (typeof value === "string" ? listOf([value], at.place) : value),
    index: (entry) => (isMapping(entry) ? String(entry.path) : String(entry)),
  }),
  extends: belongsTo(
    "plan",
    record({
      short: { type: "string" },
      required: ["service"],
      doc: "Takes over the attributes of another service",
      fields: {
        service: text({ doc: "Name of the service" }),
        file: text({ doc: "File of the service; default: this file", path: "path" }),
      },
      long: (value, at) => (typeof value === "string" ? mappingOf({ service: value }, at.place) : value),
    }),
  ),
  pull_refresh_after: belongsTo(
    "plan",
    text({
      doc: "Not used by docker compose",
      caveat: "docker compose does not use it either; write pull_policy: every_12h",
    }),
  ),
  models: anything({
    doc: "AI models",
    refused: "k2-compose has no model runner; run the model as a service",
  }),
  provider: anything({
    doc: "A provider plug-in instead of a container",
    refused:
      "provider plug-ins run beside docker compose; in a Pulumi program, use the provider's own resources",
  }),
  volume_driver: anything({
    doc: "Driver of anonymous volumes",
    refused: "docker compose dropped it; declare a volume with a driver",
  }),
  use_api_socket: anything({
    doc: "Gives the container access to the engine's socket and credentials",
    refused:
      "it would copy the operator's registry credentials to the host; mount /var/run/docker.sock and a config of your own",
  }),
};

function longDns(value: unknown, at: At): unknown {
  if (typeof value === "string") return listOf([value], at.place);
  return isList(value) ? value.filter((entry) => entry !== "" && entry !== null) : value;
}

export const service = record({ fields: { ...rows, ...resolvedRows }, present: ["command", "entrypoint"] });
export const serviceRows: Fields = { ...rows, ...resolvedRows };

/** A service in canonical form, without the attributes that are resolved during loading. */
export type ServiceAttributes = DecodedRecord<typeof rows, "command" | "entrypoint">;

/** The attributes of these owners. */
export type AttributesOf<Of extends Owner> = {
  [Name in keyof typeof rows]: (typeof rows)[Name] extends Owned<Of> ? Name : never;
}[keyof typeof rows];

export function withoutAttributesOf<S extends object, Of extends Owner>(
  service: S,
  ...owners: Of[]
): Omit<S, AttributesOf<Of>> {
  const isLeftOut = (name: string) => owners.some((owner) => owner === serviceRows[name]?.belongsTo);
  const rest = Object.entries(service).filter(([name]) => !isLeftOut(name));
  return Object.fromEntries(rest) as Omit<S, AttributesOf<Of>>;
}
