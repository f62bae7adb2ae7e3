/**
 * The Project: what a set of compose files means once everything in them is resolved.
 *
 * Shapes and key order are those of `docker compose config --format json` (v5.5.1): keys stay snake_case because they
 * are the file's own words, durations are Go strings ("1m30s"), byte sizes are decimal strings ("67108864"), and what
 * nobody wrote is absent. k2's own words (`host`, `s_depends_on`, `health_check`) sit beside them on a service.
 */
import type { Position } from "../shared/errors.js";

export interface Project {
  name: string;
  /** Absolute: the folder that relative paths of the files are relative to. */
  directory: string;
  /** Absolute paths of the files that were read, in order; "-" for standard input. */
  files: string[];
  naming: Naming;
  /** Always holds the default host. */
  hosts: Record<string, HostDefinition>;
  /** Name in `hosts` of the host for services that name none. */
  default_host: string;
  /** The default host comes from the surroundings, not from the file. */
  implicit_default?: boolean;
  s_extra_hosts: Record<string, string[]>;
  services: Record<string, Service>;
  /** Services that no active profile selects: not deployed, and not orphans either. */
  disabled_services: Record<string, Service>;
  networks: Record<string, Network>;
  volumes: Record<string, Volume>;
  configs: Record<string, FileObject>;
  secrets: Record<string, FileObject>;
  extensions: Record<string, unknown>;
  /** What interpolation and `environment: {KEY: null}` saw: the process's variables over those of the .env files. */
  environment: Record<string, string>;
  warnings: Warning[];
  /** Where something was written, by path ("services.web.image"); for messages. */
  positionOf(path: string): Position | undefined;
}

export type Naming = "compose" | "compatibility" | "legacy";

export interface Warning {
  at?: Position;
  message: string;
}

export interface HostDefinition {
  /** As written, normalised to a URL: tcp://, unix://, ssh://, https://, or "context://NAME" for a docker context. */
  address: string;
  labels?: Record<string, string>;
  /** Folder that holds ca.pem, cert.pem and key.pem, as written (relative to the project's folder); or "secret://NAME". */
  tls?: string;
  drain?: boolean;
  capacity?: { cpus?: number; memory?: string };
  api_version?: string;
}

/** A service in canonical form. */
export interface Service {
  annotations?: Record<string, string>;
  attach?: boolean;
  blkio_config?: BlkioConfig;
  build?: Build;
  cap_add?: string[];
  cap_drop?: string[];
  cgroup?: string;
  cgroup_parent?: string;
  command: string[] | null;
  configs?: FileReference[];
  container_name?: string;
  cpu_count?: number;
  cpu_percent?: number;
  cpu_period?: number;
  cpu_quota?: number;
  cpu_rt_period?: number;
  cpu_rt_runtime?: number;
  cpu_shares?: number;
  cpus?: number;
  cpuset?: string;
  credential_spec?: Record<string, string>;
  depends_on?: Record<string, Dependency>;
  deploy?: Deploy;
  develop?: Develop;
  device_cgroup_rules?: string[];
  devices?: DeviceMapping[];
  dns?: string[];
  dns_opt?: string[];
  dns_search?: string[];
  domainname?: string;
  entrypoint: string[] | null;
  /** Null: the variable is taken from nowhere and unset in the container. `env_file`s are merged in. */
  environment?: Record<string, string | null>;
  expose?: string[];
  external_links?: string[];
  extra_hosts?: string[];
  gpus?: DeviceRequest[];
  group_add?: string[];
  healthcheck?: Healthcheck;
  hostname?: string;
  image?: string;
  init?: boolean;
  ipc?: string;
  isolation?: string;
  labels?: Record<string, string>;
  /** Absolute paths; what they hold is merged into `labels` already. */
  label_file?: string[];
  links?: string[];
  logging?: Logging;
  mac_address?: string;
  mem_limit?: string;
  mem_reservation?: string;
  mem_swappiness?: string;
  memswap_limit?: string;
  network_mode?: string;
  networks?: Record<string, ServiceNetwork | null>;
  oom_kill_disable?: boolean;
  oom_score_adj?: number;
  pid?: string;
  pids_limit?: number;
  platform?: string;
  ports?: Port[];
  /** Containers that run to their end before the service's own start. */
  pre_start?: PreStart[];
  post_start?: Hook[];
  pre_stop?: Hook[];
  privileged?: boolean;
  profiles?: string[];
  pull_policy?: string;
  read_only?: boolean;
  restart?: string;
  runtime?: string;
  scale?: number;
  secrets?: FileReference[];
  security_opt?: string[];
  shm_size?: string;
  stdin_open?: boolean;
  stop_grace_period?: string;
  stop_signal?: string;
  storage_opt?: Record<string, string>;
  sysctls?: Record<string, string>;
  tmpfs?: string[];
  tty?: boolean;
  ulimits?: Record<string, number | { soft: number; hard: number }>;
  user?: string;
  userns_mode?: string;
  uts?: string;
  volume_driver?: string;
  volumes?: Mount[];
  volumes_from?: string[];
  working_dir?: string;

  // k2's own
  /** Name, names or globs of hosts; absent: the default host. */
  host?: string | string[];
  s_depends_on?: string[];
  health_check?: HealthCheck;
  /** Bind mounts of what is in the project's folder are uploaded to engines of other machines. */
  sync?: boolean;
  /** How what is built gets to the other hosts; absent: as `image` says. */
  distribute?: "registry" | "stream";
}

export interface Dependency {
  condition: "service_started" | "service_healthy" | "service_completed_successfully";
  required: boolean;
  restart?: boolean;
}

/** k2's probe from outside the container; exactly one of shell, http and socket. Times are in seconds. */
export interface HealthCheck {
  /** Runs on the machine that runs k2-compose: a string by `sh -c`, a list as it is. */
  shell?: string | string[];
  /** A URL, http:// if it names no scheme; 200 is well. */
  http?: string;
  /** host:port, tcp://host:port or unix:///path. */
  socket?: string;
  /** One attempt may take this long. Default 10. */
  timeout?: number;
  /** Between attempts. Default 1. */
  interval?: number;
  /** All attempts together. Default 60. */
  deadline?: number;
}

export interface Port {
  name?: string;
  mode?: string;
  host_ip?: string;
  target: number;
  /** A port or a range "8000-8010"; absent: the engine picks one. */
  published?: string;
  protocol?: string;
  app_protocol?: string;
}

export interface Mount {
  type: "bind" | "volume" | "tmpfs" | "npipe" | "cluster" | "image";
  source?: string;
  target?: string;
  read_only?: boolean;
  consistency?: string;
  bind?: {
    propagation?: string;
    create_host_path?: boolean;
    recursive?: string;
    selinux?: string;
  };
  volume?: { labels?: Record<string, string>; nocopy?: boolean; subpath?: string };
  tmpfs?: { size?: string; mode?: number };
  image?: { subpath?: string };
}

export interface ServiceNetwork {
  aliases?: string[];
  driver_opts?: Record<string, string>;
  gw_priority?: number;
  interface_name?: string;
  ipv4_address?: string;
  ipv6_address?: string;
  link_local_ips?: string[];
  mac_address?: string;
  priority?: number;
}

export interface Healthcheck {
  test?: string[];
  timeout?: string;
  interval?: string;
  retries?: number;
  start_period?: string;
  start_interval?: string;
  disable?: boolean;
}

export interface Deploy {
  mode?: string;
  replicas?: number;
  labels?: Record<string, string>;
  update_config?: UpdateConfig;
  rollback_config?: UpdateConfig;
  resources?: {
    limits?: Resource;
    reservations?: Resource;
  };
  restart_policy?: { condition?: string; delay?: string; max_attempts?: number; window?: string };
  placement?: {
    constraints?: string[];
    preferences?: { spread: string }[];
    max_replicas_per_node?: number;
  };
  endpoint_mode?: string;
}

export interface Resource {
  cpus?: number;
  memory?: string;
  pids?: number;
  devices?: DeviceRequest[];
  generic_resources?: { discrete_resource_spec: { kind: string; value: number } }[];
}

export interface UpdateConfig {
  parallelism?: number;
  delay?: string;
  failure_action?: string;
  monitor?: string;
  max_failure_ratio?: number;
  order?: "start-first" | "stop-first";
}

export interface DeviceRequest {
  capabilities?: string[];
  driver?: string;
  count?: number;
  device_ids?: string[];
  options?: Record<string, string>;
}

export interface DeviceMapping {
  source: string;
  target?: string;
  permissions?: string;
}

export interface BlkioConfig {
  weight?: number;
  weight_device?: { path: string; weight: number }[];
  device_read_bps?: ThrottleDevice[];
  device_read_iops?: ThrottleDevice[];
  device_write_bps?: ThrottleDevice[];
  device_write_iops?: ThrottleDevice[];
}

export interface ThrottleDevice {
  path: string;
  rate: string;
}

interface Logging {
  driver?: string;
  options?: Record<string, string>;
}

interface Hook {
  command: string[];
  user?: string;
  privileged?: boolean;
  working_dir?: string;
  environment?: Record<string, string | null>;
}

interface PreStart extends Hook {
  /** The service's own if it is absent. */
  image?: string;
  per_replica?: boolean;
}

/** A service's use of a config or secret. */
export interface FileReference {
  source: string;
  target?: string;
  uid?: string;
  gid?: string;
  mode?: string;
}

/** A top-level config or secret: exactly one of file, environment, content and external. */
export interface FileObject {
  name: string;
  file?: string;
  environment?: string;
  content?: string;
  external?: boolean;
  labels?: Record<string, string>;
}

export interface Network {
  name: string;
  driver?: string;
  driver_opts?: Record<string, string>;
  ipam: {
    driver?: string;
    config?: {
      subnet?: string;
      gateway?: string;
      ip_range?: string;
      aux_addresses?: Record<string, string>;
    }[];
    options?: Record<string, string>;
  };
  external?: boolean;
  internal?: boolean;
  attachable?: boolean;
  labels?: Record<string, string>;
  enable_ipv4?: boolean;
  enable_ipv6?: boolean;
}

export interface Volume {
  name: string;
  driver?: string;
  driver_opts?: Record<string, string>;
  external?: boolean;
  labels?: Record<string, string>;
}

/** Kept in the file's own words: only `engine/images/image.ts` and the build look inside. */
type Build = Record<string, unknown>;
type Develop = Record<string, unknown>;
