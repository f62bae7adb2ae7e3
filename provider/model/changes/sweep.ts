/**
 * The objects that a sweep by the project's labels may remove from a host. Labels tell only which tool created an
 * object: file and state may declare it external, and an earlier run may have promised to keep its data.
 */
import type { Project } from "../../compose/types.js";
import { label } from "../labels.js";
import type { ObservedContainer, ObservedNetwork, ObservedVolume } from "../observed.js";
import { isForeign, stackIdsOf } from "../ownership.js";
import { K2Error } from "../../shared/errors.js";
import { hostsWritten } from "../placement/host-patterns.js";
import { rulesOf } from "../placement/rules.js";
import { swarmServices, withoutSwarmServices } from "../plan/swarm.js";
import { swarmLabel } from "../swarm/swarm-labels.js";
import type { StackState } from "../stack-state.js";

export interface SweepSources {
  /** The compose project's name. */
  name: string;
  project?: Project | undefined;
  /** State of the whole stack: a program may contain several projects. */
  state?: StackState | undefined;
  /** "organization/project/stack" */
  stack?: string | undefined;
}

export interface Sweep {
  /** It carries the project's label, and no other stack owns it. */
  isOurs(thing: Pick<ObservedContainer, "labels" | "name"> & { id?: string }): boolean;
  takesVolume(host: string, volume: ObservedVolume): boolean;
  takesNetwork(network: ObservedNetwork): boolean;
  /** It belongs to this stack and is kept: the file does not place it on this host. */
  leavesVolume(host: string, volume: ObservedVolume): boolean;
}

export function sweepOf({ name: project, project: file, state, stack }: SweepSources): Sweep {
  const foreignVolumes = foreignNames(project, file?.volumes, state?.volumes);
  const foreignNetworks = foreignNames(project, file?.networks, state?.networks);
  const volumes = once(() => file && volumePlaces(file));
  const networks = file && new Set(Object.values(file.networks).map(({ name }) => name));
  const own =
    stack === undefined ? undefined : { stack, stackIds: stackIdsOf(state), workingDir: file?.directory };
  const named = namesIn(state, project);
  const isOurs: Sweep["isOurs"] = ({ labels, name, id = "" }) => {
    const isNamed = named.has(name) || named.has(id);
    return (
      labels[label.project] === project && !isForeign(labels, own && (isNamed ? { stack: own.stack } : own))
    );
  };
  const isOwnVolume = (volume: ObservedVolume) =>
    isOurs(volume) && volume.labels[label.volume] !== undefined && !foreignVolumes.has(volume.name);
  // Without a file, only the labels identify the project's objects.
  const isInFile = (host: string, { name }: ObservedVolume) => {
    const places = volumes();
    return !places || (places.get(name)?.has(host) ?? false);
  };
  const onSwarm = once(() => new Set(file && swarmVolumes(file)));
  // Nodes create the volumes of their tasks. Without a file, nothing tells which of them hold data to keep.
  const isOfSwarm = ({ name, labels }: ObservedVolume) =>
    labels[swarmLabel.namespace] === project && onSwarm().has(name) && !foreignVolumes.has(name);
  return {
    isOurs,
    takesVolume: (host, volume) => (isOwnVolume(volume) && isInFile(host, volume)) || isOfSwarm(volume),
    leavesVolume: (host, volume) => isOwnVolume(volume) && !isInFile(host, volume),
    takesNetwork(network) {
      const { name, labels } = network;
      if (!isOurs(network) || labels[label.network] === undefined || foreignNetworks.has(name)) return false;
      // A network contains no data: the networks that this stack created may be removed.
      return labels[label.stack] !== undefined || !networks || networks.has(name);
    },
  };
}

/** Names of the networks and volumes, and ids of the containers, that the state knows. */
function namesIn(state: StackState | undefined, project: string): Set<string> {
  const things = [...(state?.networks ?? []), ...(state?.volumes ?? [])];
  const ids = state?.services.flatMap(({ outputs }) => outputs.containerIds ?? []) ?? [];
  return new Set([
    ...things.flatMap(({ inputs }) => (inputs.project === project ? inputs.name : [])),
    ...ids,
  ]);
}

interface Declared {
  name: string;
  external?: boolean;
}

interface Known {
  inputs: Declared & { project: string };
}

/** Names that the file or the state declares external, or that the state assigns to another project. */
function foreignNames(
  project: string,
  declared: Record<string, Declared> = {},
  known: Known[] = [],
): Set<string> {
  const inFile = Object.values(declared).filter(({ external }) => external);
  const inState = known.filter(({ inputs }) => (inputs.project === project) === (inputs.external === true));
  return new Set([...inFile, ...inState.map(({ inputs }) => inputs)].map(({ name }) => name));
}

/** Returns the hosts on which the file may place a service with the volume, by the volume's name; also of external volumes. */
function volumePlaces(file: Project): Map<string, Set<string>> {
  const hostsOf = servicePlaces(file);
  const places = new Map<string, Set<string>>();
  for (const [service, { volumes = [] }] of Object.entries(withoutSwarmServices(file).services))
    for (const { type, source = "" } of volumes) {
      const volume = type === "volume" ? file.volumes[source] : undefined;
      if (!volume) continue;
      places.set(volume.name, new Set([...(places.get(volume.name) ?? []), ...hostsOf(service)]));
    }
  return places;
}

/** Names of the volumes that services of the swarm mount. */
function swarmVolumes(file: Project): string[] {
  return swarmServices(file).flatMap(([, { volumes = [] }]) =>
    volumes.flatMap(({ type, source = "" }) => (type === "volume" ? (file.volumes[source]?.name ?? []) : [])),
  );
}

function servicePlaces(file: Project): (service: string) => string[] {
  try {
    const { of, affinity } = rulesOf(withoutSwarmServices(file));
    return (service) => {
      const group = affinity.groups.find((members) => members.includes(service)) ?? [service];
      const choosing = group.filter((member) => of.get(member)?.explicit);
      return (choosing.length > 0 ? choosing : [service]).flatMap((member) => of.get(member)?.hosts ?? []);
    };
  } catch (error) {
    if (!K2Error.is(error)) throw error;
    // No host may run a service, a draining one for example, but its volumes are where it ran before.
    return (service) => hostsWritten(file, service);
  }
}

/** Lazy: only `down -v` needs it. */
function once<T>(compute: () => T): () => T {
  let known: { value: T } | undefined;
  return () => (known ??= { value: compute() }).value;
}
