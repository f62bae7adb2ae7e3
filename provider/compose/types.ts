/**
 * The Project: a set of compose files with everything in them resolved.
 *
 * Shapes and key order are those of `docker compose config --format json` (v5.5.1): keys stay snake_case because they
 * are the attributes of the file, durations are Go strings ("1m30s"), byte sizes are decimal strings ("67108864"), and missing
 * attributes are absent. A service also contains k2's own attributes (schema/k2.ts).
 */
import type { Position } from "../shared/errors.js";
import type { Warning } from "./tree/problems.js";
import type { hosts, naming, healthCheck } from "./schema/k2.js";
import type { config, network, volume } from "./schema/resources.js";
import type { ServiceAttributes } from "./schema/service.js";
import type { Decoded } from "./schema/shape.js";
import type { projectSwarm, serviceSwarm } from "./schema/swarm.js";

export type { Warning } from "./tree/problems.js";

export interface Project {
  name: string;
  /** The absolute path of the folder that is the base of relative paths in the files. */
  directory: string;
  /** Absolute paths of the files that were read, in order; "-" for standard input. */
  files: string[];
  naming: Naming;
  /** Always contains the default host. */
  hosts: Record<string, HostDefinition>;
  /** The name in `hosts` of the host for services without `host`. */
  default_host: string;
  /** The default host comes from the environment, not from the file. */
  implicit_default?: boolean;
  /** Absent if no service runs on a swarm by default. */
  swarm?: ProjectSwarm;
  s_extra_hosts: Record<string, string[]>;
  services: Record<string, Service>;
  /** Services that no active profile enables: they are not deployed, but are not orphans. */
  disabled_services: Record<string, Service>;
  networks: Record<string, Network>;
  volumes: Record<string, Volume>;
  configs: Record<string, FileObject>;
  secrets: Record<string, FileObject>;
  extensions: Record<string, unknown>;
  /** The variables for interpolation and `environment: {KEY: null}`: those of the process override those of .env files. */
  environment: Record<string, string>;
  warnings: Warning[];
  /** Names of values that are secret: `x-secret`. */
  secret_names: string[];
  /** Returns the names of the variables in a value, by path: ["services", "web", "environment", "URL"]. */
  variablesIn(path: string[]): readonly string[];
  /** Returns the position of an element by path ("services.web.image"), for messages. */
  positionOf(path: string): Position | undefined;
}

export type Naming = Decoded<typeof naming>;

// The type of each attribute is that of its row in schema/.

export type HostDefinition = Decoded<typeof hosts>[string];

export type ProjectSwarm = Exclude<Decoded<typeof projectSwarm>, false>;
export type NodeSwarm = NonNullable<HostDefinition["swarm"]>;
/** How the deployment of a service to the swarm is monitored. */
export type SwarmOptions = Exclude<Decoded<typeof serviceSwarm>, false>;

/** A service in canonical form. */
export interface Service extends ServiceAttributes {}

type Of<Key extends keyof Service> = NonNullable<Service[Key]>;

export type Dependency = Of<"depends_on">[string];
/** k2's probe from outside the container, with exactly one of shell, http and socket. Times are in seconds. */
export interface HealthCheck extends Decoded<typeof healthCheck> {}
export type Build = Of<"build">;
export type Port = Of<"ports">[number];
export type Mount = Of<"volumes">[number];
export type ServiceNetwork = NonNullable<Of<"networks">[string]>;
export type Healthcheck = Of<"healthcheck">;
export type Deploy = Of<"deploy">;
export type ResourceLimits = NonNullable<NonNullable<Deploy["resources"]>["limits"]>;
export type ResourceReservations = NonNullable<NonNullable<Deploy["resources"]>["reservations"]>;
export type UpdateConfig = NonNullable<Deploy["update_config"]>;
export type DeviceRequest = Of<"gpus">[number];
export type DeviceMapping = Of<"devices">[number];
export type BlkioConfig = Of<"blkio_config">;
export type ThrottleDevice = NonNullable<BlkioConfig["device_read_bps"]>[number];
/** A reference of a service to a config or secret. */
export type FileReference = Of<"configs">[number];

/** A top-level config or secret, with exactly one of file, environment, content and external. */
export interface FileObject extends Decoded<typeof config> {}

export interface Network extends Decoded<typeof network> {}

export interface Volume extends Decoded<typeof volume> {}
