import { label } from "./labels.js";

/**
 * The observed state of an engine, from its list calls only: sufficient for decisions, and cheap enough to read before
 * every plan.
 */
export interface HostSnapshot {
  engine: EngineInfo;
  containers: ObservedContainer[];
  images: ObservedImage[];
  networks: ObservedNetwork[];
  volumes: ObservedVolume[];
}

export interface EngineInfo {
  /** The engine's own identity (`/info` ID): two host names with the same id are one engine. */
  id: string;
  name: string;
  version: string;
  apiVersion: string;
  os: string;
  arch: string;
  cpus: number;
  /** Bytes. */
  memory: number;
  /** Absent if the engine is in no swarm, and could join one. */
  swarm?: SwarmMember;
}

/** An engine and its swarm. */
export interface SwarmMember {
  state: "inactive" | "pending" | "locked" | "active" | "error";
  nodeId?: string;
  /** Only managers know the id of the swarm, and its labels. */
  clusterId?: string;
  clusterLabels?: Record<string, string>;
  /** A manager that answers; without a leader, `error` is set nevertheless. */
  control: boolean;
  error?: string;
  /** Addresses of the managers that the engine knows. */
  managers: string[];
  /** Ids of their nodes. */
  managerIds?: string[];
  /** The daemon's option, which excludes Swarm mode. */
  liveRestore?: true;
}

/** The membership of an engine that answers. */
export function memberOf({ engine }: Pick<HostSnapshot, "engine">): SwarmMember {
  return engine.swarm ?? { state: "inactive", control: false, managers: [] };
}

/** Absent if the engine is in no swarm. */
export function activeMember(member: SwarmMember | undefined): SwarmMember | undefined {
  return member?.state === "active" ? member : undefined;
}

type ContainerState =
  "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead" | (string & {});

export interface ObservedContainer {
  id: string;
  /** Without the leading slash. */
  name: string;
  /** The image as passed to the container: a name, or an id if the name has moved to another image. */
  image: string;
  imageId: string;
  state: ContainerState;
  /** As the engine prints it: "Up 2 hours (healthy)". */
  status?: string;
  command?: string;
  /** From the status text; absent if the container has no healthcheck. */
  health?: "starting" | "healthy" | "unhealthy";
  /** From the status text of an exited container. */
  exitCode?: number;
  /** Unix seconds. */
  created: number;
  labels: Record<string, string>;
  /** By network name. */
  networks: Record<string, { id: string; ip?: string; ip6?: string }>;
  mounts: ObservedMount[];
  ports: { ip?: string; private: number; public?: number; protocol: string }[];
  /**
   * Only for a container in a namespace that no longer exists, because the owner of the namespace was restarted or is
   * down: "the network of shop-web-1".
   */
  lost?: string;
  /** Attributes that were changed since creation, in compose terms, from an inspect; lists do not contain them. */
  altered?: string[];
  /**
   * Only for a container that docker-compose 1.x created, whose hash is not comparable: its differences from the
   * current service, in compose terms, from an inspect.
   */
  inherited?: string[];
}

export interface ObservedMount {
  type: string;
  /** Volume name; absent for binds. */
  name?: string;
  source?: string;
  target: string;
  writable: boolean;
}

export interface ObservedImage {
  id: string;
  /** Names with tags that point at it. */
  tags: string[];
  /** "name@sha256:…" as pulled. */
  digests: string[];
}

export interface ObservedNetwork {
  id: string;
  name: string;
  driver: string;
  labels: Record<string, string>;
  /** Subnets in CIDR notation, whether the file or the engine has chosen them. */
  subnets: string[];
  options: Record<string, string>;
}

export interface ObservedVolume {
  name: string;
  driver: string;
  labels: Record<string, string>;
  /** A folder of the engine's machine. */
  mountpoint?: string | undefined;
  /** "local" or "global". */
  scope?: string | undefined;
}

/**
 * Identifies an engine, also under two names. Ids alone do not, since a cloned machine keeps its engine's id. Each
 * engine creates its own default network.
 */
export function instanceOf({ engine, networks }: HostSnapshot): string {
  const own = networks.find(({ name }) => name === "bridge") ?? networks.find(({ name }) => name === "none");
  return `${engine.id}/${own?.id ?? ""}`;
}

/** Returns whether the host has objects of the project: a host that is being added has none yet. */
export function holdsProject({ containers, networks }: HostSnapshot, project: string): boolean {
  return [...containers, ...networks].some(({ labels }) => labels[label.project] === project);
}

/** Returns whether any of these containers or networks exists. An empty list exists everywhere. */
export function holdsAny({ containers, networks }: HostSnapshot, ids: string[]): boolean {
  return ids.length === 0 || [...containers, ...networks].some(({ id }) => ids.includes(id));
}
