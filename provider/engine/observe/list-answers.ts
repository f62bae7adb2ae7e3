/** The used fields of the engine's answers to /info and to lists, and the observations made from them. */
import type {
  EngineInfo,
  ObservedContainer,
  ObservedImage,
  ObservedNetwork,
  ObservedVolume,
  SwarmMember,
} from "../../model/observed.js";
import type { Shape } from "../connection/answer-shape.js";

/** The fields that are used without a look whether they are there. */
export const shapes = {
  info: {
    object: { ID: "string", ServerVersion: "string", OSType: "string", Architecture: "string" },
  },
  containers: {
    list: { Id: "string", Image: "string", ImageID: "string", State: "string", Status: "string" },
  },
  images: { list: { Id: "string" } },
  networks: { list: { Id: "string", Name: "string", Driver: "string" } },
  volumes: { list: { Name: "string", Driver: "string" } },
} as const satisfies Record<string, Shape>;

export interface Info {
  ID: string;
  Name: string;
  ServerVersion: string;
  OSType: string;
  Architecture: string;
  NCPU: number;
  MemTotal: number;
  /** The time of the engine's clock, RFC 3339. */
  SystemTime: string;
  DriverStatus?: [string, string][] | null;
  LiveRestoreEnabled?: boolean;
  Swarm?: {
    NodeID: string;
    LocalNodeState: string;
    ControlAvailable: boolean;
    Error?: string;
    RemoteManagers?: { NodeID: string; Addr?: string }[] | null;
    Cluster?: { ID?: string; Spec?: { Labels?: Record<string, string> | null } } | null;
  };
}

export interface Container {
  Id: string;
  Names: string[] | null;
  Image: string;
  ImageID: string;
  State: string;
  Status: string;
  Command?: string;
  Created: number;
  Labels: Record<string, string> | null;
  NetworkSettings?: {
    Networks?: Record<string, { NetworkID: string; IPAddress?: string; GlobalIPv6Address?: string }> | null;
  };
  Mounts?: { Type: string; Name?: string; Source?: string; Destination: string; RW: boolean }[] | null;
  Ports?: { IP?: string; PrivatePort: number; PublicPort?: number; Type: string }[] | null;
}

export interface Image {
  Id: string;
  RepoTags: string[] | null;
  RepoDigests: string[] | null;
}

export interface Network {
  Id: string;
  Name: string;
  Driver: string;
  Labels: Record<string, string> | null;
  IPAM?: { Config?: { Subnet?: string }[] | null };
  Options?: Record<string, string> | null;
}

export interface Volume {
  Name: string;
  Driver: string;
  Mountpoint?: string;
  Scope?: string;
  Labels: Record<string, string> | null;
}

export function engineInfo(info: Info, apiVersion: string): EngineInfo {
  return {
    id: info.ID,
    name: info.Name,
    version: info.ServerVersion,
    apiVersion,
    os: info.OSType,
    arch: info.Architecture,
    cpus: info.NCPU,
    memory: info.MemTotal,
    ...swarmOf(info),
  };
}

function swarmOf({ Swarm: swarm, LiveRestoreEnabled: liveRestore = false }: Info): Pick<EngineInfo, "swarm"> {
  const state = memberState(swarm?.LocalNodeState);
  if (!swarm || (state === "inactive" && !liveRestore)) return {};
  const { NodeID: nodeId, Cluster: cluster, Error: error, RemoteManagers } = swarm;
  const managers = RemoteManagers ?? [];
  return {
    swarm: {
      state,
      ...(nodeId && { nodeId }),
      ...(cluster?.ID && { clusterId: cluster.ID }),
      ...(cluster?.Spec?.Labels && { clusterLabels: cluster.Spec.Labels }),
      control: swarm.ControlAvailable,
      ...(error && { error }),
      managers: managers.map(({ Addr }) => Addr ?? ""),
      managerIds: managers.map(({ NodeID }) => NodeID),
      ...(liveRestore && { liveRestore }),
    },
  };
}

function memberState(state = ""): SwarmMember["state"] {
  return isMemberState(state) ? state : "inactive";
}

const memberStates = [
  "inactive",
  "pending",
  "locked",
  "active",
  "error",
] as const satisfies readonly SwarmMember["state"][];

function isMemberState(text: string): text is SwarmMember["state"] {
  return memberStates.some((state) => state === text);
}

export function observedContainer(found: Container): ObservedContainer {
  const exit = /^Exited \((-?\d+)\)/.exec(found.Status);
  const health = healthOf(found.Status);
  return {
    id: found.Id,
    name: ownName(found.Names ?? []),
    image: found.Image,
    imageId: found.ImageID,
    state: found.State,
    status: found.Status,
    ...(found.Command === undefined ? {} : { command: found.Command }),
    ...(health === undefined ? {} : { health }),
    ...(exit === null ? {} : { exitCode: Number(exit[1]) }),
    created: found.Created,
    labels: found.Labels ?? {},
    networks: networksOf(found),
    mounts: (found.Mounts ?? []).map((mount) => ({
      type: mount.Type,
      ...(mount.Name ? { name: mount.Name } : {}),
      ...(mount.Source ? { source: mount.Source } : {}),
      target: mount.Destination,
      writable: mount.RW,
    })),
    ports: (found.Ports ?? []).map((port) => ({
      ...(port.IP ? { ip: port.IP } : {}),
      private: port.PrivatePort,
      ...(port.PublicPort ? { public: port.PublicPort } : {}),
      protocol: port.Type,
    })),
  };
}

export function observedImage(found: Image): ObservedImage {
  return {
    id: found.Id,
    tags: (found.RepoTags ?? []).filter((tag) => tag !== "<none>:<none>"),
    digests: (found.RepoDigests ?? []).filter((digest) => !digest.startsWith("<none>@")),
  };
}

export function observedNetwork(found: Network): ObservedNetwork {
  const { Id: id, Name: name, Driver: driver } = found;
  const subnets = (found.IPAM?.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []);
  return { id, name, driver, labels: found.Labels ?? {}, subnets, options: found.Options ?? {} };
}

export function observedVolume(found: Volume): ObservedVolume {
  const { Name: name, Driver: driver, Mountpoint: mountpoint, Scope: scope } = found;
  return { name, driver, labels: found.Labels ?? {}, mountpoint, scope };
}

/** Links add further names to a container, "/other/alias". */
function ownName(names: string[]): string {
  const own = names.find((name) => name.lastIndexOf("/") === 0) ?? names[0] ?? "";
  return own.replace(/^\//, "");
}

function networksOf(found: Container): ObservedContainer["networks"] {
  const networks = Object.entries(found.NetworkSettings?.Networks ?? {});
  return Object.fromEntries(
    networks.map(([name, { NetworkID, IPAddress, GlobalIPv6Address }]) => [
      name,
      {
        id: NetworkID,
        ...(IPAddress ? { ip: IPAddress } : {}),
        ...(GlobalIPv6Address ? { ip6: GlobalIPv6Address } : {}),
      },
    ]),
  );
}

function healthOf(status: string): ObservedContainer["health"] {
  const found = /\((healthy|unhealthy|health: starting)\)$/.exec(status)?.[1];
  if (found === "health: starting") return "starting";
  return found === "healthy" || found === "unhealthy" ? found : undefined;
}
