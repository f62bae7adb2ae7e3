import { label } from "./labels.js";

/**
 * What an engine was seen to hold, from its list calls alone: enough to decide what to do, cheap enough to look at
 * before every plan.
 */
export interface HostSnapshot {
  engine: EngineInfo;
  containers: ObservedContainer[];
  images: ObservedImage[];
  networks: ObservedNetwork[];
  volumes: ObservedVolume[];
}

export interface EngineInfo {
  /** The engine's own identity (`/info` ID): two host names with one id are one engine. */
  id: string;
  name: string;
  version: string;
  apiVersion: string;
  os: string;
  arch: string;
  cpus: number;
  /** Bytes. */
  memory: number;
  /** Absent: it is in none. */
  swarm?: SwarmMember;
}

/** An engine's place in a swarm, by the swarm's own ids of nodes. */
export interface SwarmMember {
  node: string;
  manager: boolean;
  /** Managers that it knows of. */
  managers: string[];
}

type ContainerState =
  "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead" | (string & {});

export interface ObservedContainer {
  id: string;
  /** Without the leading slash. */
  name: string;
  /** The image as the container was told: a name, or an id where the name has moved on. */
  image: string;
  imageId: string;
  state: ContainerState;
  /** As the engine words it: "Up 2 hours (healthy)". */
  status?: string;
  command?: string;
  /** From the status text; absent where the container has no healthcheck. */
  health?: "starting" | "healthy" | "unhealthy";
  /** From the status text of an exited container. */
  exitCode?: number;
  /** Unix seconds. */
  created: number;
  labels: Record<string, string>;
  /** By network name. */
  networks: Record<string, { id: string; ip?: string }>;
  mounts: ObservedMount[];
  ports: { ip?: string; private: number; public?: number; protocol: string }[];
  /**
   * Of one that runs in a namespace that is no more, because the container whose it is was started again since, or is
   * down: "the network of shop-web-1".
   */
  lost?: string;
  /** What an inspect found changed since it was created, in compose words; lists do not tell. */
  altered?: string[];
  /**
   * Of one that docker-compose 1.x made, whose hash tells nothing: in what it is not what its service would be today, in
   * compose words, as an inspect found it.
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
}

export interface ObservedVolume {
  name: string;
  driver: string;
  labels: Record<string, string>;
}

/**
 * Tells engines apart, and knows one under two names: ids alone do not, since a machine that was cloned keeps its
 * engine's id. The engine's own default network is made by each for itself.
 */
export function instanceOf({ engine, networks }: HostSnapshot): string {
  const own = networks.find(({ name }) => name === "bridge") ?? networks.find(({ name }) => name === "none");
  return `${engine.id}/${own?.id ?? ""}`;
}

/** Whether anything of a project lives there: a host that is only being added has nothing yet. */
export function holdsProject({ containers, networks }: HostSnapshot, project: string): boolean {
  return [...containers, ...networks].some(({ labels }) => labels[label.project] === project);
}

/** Whether any of these containers or networks is there; nothing to look for is found everywhere. */
export function holdsAny({ containers, networks }: HostSnapshot, ids: string[]): boolean {
  return ids.length === 0 || [...containers, ...networks].some(({ id }) => ids.includes(id));
}
