/** The engine's answers about one container, image, network or volume. `find…`: undefined if it does not exist. */
import { inPath } from "../../model/images/reference.js";
import { type Shape, withId } from "../connection/answer-shape.js";
import type { Engine } from "../connection/connect.js";

export interface InspectedContainer {
  Id: string;
  /** With the leading slash. */
  Name: string;
  /** RFC 3339 with nanoseconds. */
  Created: string;
  RestartCount: number;
  State: ContainerState;
  Config: ContainerConfig;
  HostConfig: ContainerHostConfig;
  Mounts: MountPoint[];
  NetworkSettings: { Networks: Record<string, Endpoint> | null };
}

export interface ContainerState {
  Status: string;
  Running: boolean;
  Restarting: boolean;
  OOMKilled: boolean;
  Pid: number;
  ExitCode: number;
  Error: string;
  /** RFC 3339; year 1 if it has not happened yet. */
  StartedAt: string;
  FinishedAt: string;
  /** Absent where the container has no healthcheck. */
  Health?: Health;
}

export interface Health {
  Status: string;
  FailingStreak?: number;
  Log?: { ExitCode: number; Output: string }[] | null;
}

// Types rather than interfaces, so that fields that are not declared here can be looked up by name.
type ContainerConfig = {
  Image: string;
  Env: string[] | null;
  Labels: Record<string, string>;
  Tty: boolean;
  OpenStdin: boolean;
  Healthcheck?: HealthcheckTimes | null;
};

type ContainerHostConfig = {
  NetworkMode: string;
  IpcMode: string;
  PidMode: string;
  RestartPolicy?: { Name?: string };
  PortBindings?: Record<string, { HostPort?: string }[] | null> | null;
};

/** Nanoseconds; 0 or absent: the engine's default. */
export interface HealthcheckTimes {
  Interval?: number;
  Timeout?: number;
  StartPeriod?: number;
  Retries?: number;
}

export interface MountPoint {
  Type: string;
  Name?: string;
  Source?: string;
  Destination: string;
  RW: boolean;
}

export interface Endpoint {
  Aliases: string[] | null;
  Links: string[] | null;
  /** The requested addresses; the network assigns all others. */
  IPAMConfig: Record<string, unknown> | null;
}

export interface InspectedImage {
  Id: string;
  RepoTags: string[] | null;
  RepoDigests: string[] | null;
  Os: string;
  Architecture: string;
  Variant?: string;
  Size: number;
  Created: string;
  RootFS?: { Layers?: string[] | null };
  Metadata?: { LastTagTime?: string };
  Config?: ImageConfig | null;
}

type ImageConfig = {
  Labels?: Record<string, string> | null;
  Healthcheck?: { Test?: string[] } | null;
  Volumes?: Record<string, unknown> | null;
};

export interface InspectedNetwork {
  Id: string;
  Name: string;
  Driver: string;
  Labels: Record<string, string> | null;
  Containers: Record<string, { Name: string }> | null;
  Options?: Record<string, string> | null;
  IPAM?: object;
  Internal?: boolean;
  Attachable?: boolean;
  EnableIPv4?: boolean;
  EnableIPv6?: boolean;
}

export interface InspectedVolume {
  Name: string;
  Labels: Record<string, string> | null;
}

/** The fields that are used without a look whether they are there. */
const containerShape: Shape = {
  object: {
    ...{ Id: "string", Name: "string", State: "object", Config: "object", HostConfig: "object" },
    NetworkSettings: "object",
  },
};
const idAndName: Shape = { object: { Id: "string", Name: "string" } };
const titled: Shape = { object: { Titles: "object" } };
const named: Shape = { object: { Name: "string" } };

type Found<T> = Promise<T | undefined>;

export function findContainer(engine: Engine, id: string, signal?: AbortSignal): Found<InspectedContainer> {
  return engine.get(`/containers/${id}/json`, { ok: [404], signal, shape: containerShape });
}

/** Throws K2Error "not-found" if it does not exist. */
export function inspectContainer(
  engine: Engine,
  id: string,
  signal?: AbortSignal,
): Promise<InspectedContainer> {
  return engine.get(`/containers/${id}/json`, { signal, shape: containerShape });
}

/** By name or id. `platform`: from API 1.49 on. */
export function findImage(
  engine: Engine,
  image: string,
  signal?: AbortSignal,
  platform?: object,
): Found<InspectedImage> {
  const query = platform && { platform: JSON.stringify(platform) };
  return engine.get(`/images/${inPath(image)}/json`, { ok: [404], query, signal, shape: withId });
}

export function findNetwork(engine: Engine, id: string, signal?: AbortSignal): Found<InspectedNetwork> {
  return engine.get(`/networks/${id}`, { ok: [404], signal, shape: idAndName });
}

export function findVolume(engine: Engine, name: string, signal?: AbortSignal): Found<InspectedVolume> {
  return engine.get(`/volumes/${encodeURIComponent(name)}`, { ok: [404], signal, shape: named });
}

/** Returns the exit code of a command that was executed in a container; `id`: of the exec. */
export async function execExitCode(engine: Engine, id: string, signal?: AbortSignal): Promise<number> {
  const { ExitCode } = await engine.get<{ ExitCode: number }>(`/exec/${id}/json`, { signal });
  return ExitCode;
}

/** The output of `ps`. */
export interface Top {
  Titles: string[];
  Processes: string[][] | null;
}

export function top(engine: Engine, id: string, signal?: AbortSignal): Promise<Top> {
  return engine.get(`/containers/${id}/top`, { signal, shape: titled });
}

/** Undefined if the container has exited meanwhile, or the engine's `ps` does not know a column. */
export function findColumns(
  engine: Engine,
  id: string,
  columns: string[],
  signal?: AbortSignal,
): Promise<Top | undefined> {
  const query = { ps_args: `-eo ${columns.join(",").toLowerCase()}` };
  return engine.get(`/containers/${id}/top`, { query, ok: [400, 404, 409, 500, 501], signal, shape: titled });
}

/** A step of an image's build. */
export interface HistoryStep {
  /** Seconds since 1970. */
  Created: number;
  CreatedBy: string;
  Comment: string;
  Size: number;
}

/** The latest step comes first. */
export function imageHistory(engine: Engine, image: string, signal?: AbortSignal): Promise<HistoryStep[]> {
  return engine.get(`/images/${inPath(image)}/history`, { signal, shape: { list: {} } });
}
