/**
 * What a sweep by the project's labels may take from a host. Labels tell only who created a thing: file and state may
 * declare it external, and data that a run has left behind was promised to stay.
 */
import type { Project } from "../../compose/types.js";
import { label } from "../labels.js";
import type { ObservedContainer, ObservedNetwork, ObservedVolume } from "../observed.js";
import { rulesOf } from "../placement/rules.js";
import type { StackState } from "../stack-state.js";

export interface SweepSources {
  /** The compose project's name. */
  name: string;
  project?: Project | undefined;
  /** Of the whole stack: a program may hold several projects. */
  state?: StackState | undefined;
  /** "organization/project/stack" */
  stack?: string | undefined;
}

export interface Sweep {
  /** It carries the project's label, and no other stack owns it. */
  isOurs(thing: Pick<ObservedContainer, "labels">): boolean;
  takesVolume(host: string, volume: ObservedVolume): boolean;
  takesNetwork(network: ObservedNetwork): boolean;
  /** Ours, and left alone all the same: the file does not have it on this host. */
  leavesVolume(host: string, volume: ObservedVolume): boolean;
}

export function sweepOf({ name: project, project: file, state, stack }: SweepSources): Sweep {
  const foreignVolumes = foreignNames(project, file?.volumes, state?.volumes);
  const foreignNetworks = foreignNames(project, file?.networks, state?.networks);
  const volumes = once(() => file && volumePlaces(file));
  const networks = file && new Set(Object.values(file.networks).map(({ name }) => name));
  const isOurs: Sweep["isOurs"] = ({ labels }) =>
    labels[label.project] === project && [undefined, stack].includes(labels[label.stack]);
  const isOwnVolume = (volume: ObservedVolume) =>
    isOurs(volume) && volume.labels[label.volume] !== undefined && !foreignVolumes.has(volume.name);
  // Without a file nothing but the labels says what the project has.
  const isInFile = (host: string, { name }: ObservedVolume) => {
    const places = volumes();
    return !places || (places.get(name)?.has(host) ?? false);
  };
  return {
    isOurs,
    takesVolume: (host, volume) => isOwnVolume(volume) && isInFile(host, volume),
    leavesVolume: (host, volume) => isOwnVolume(volume) && !isInFile(host, volume),
    takesNetwork(network) {
      const { name, labels } = network;
      if (!isOurs(network) || labels[label.network] === undefined || foreignNetworks.has(name)) return false;
      // A network holds no data: what this stack made of it, it may remove.
      return labels[label.stack] !== undefined || !networks || networks.has(name);
    },
  };
}

interface Declared {
  name: string;
  external?: boolean;
}

interface Known {
  inputs: Declared & { project: string };
}

/** Names that the file or the state calls external, or that the state knows as another project's. */
function foreignNames(
  project: string,
  declared: Record<string, Declared> = {},
  known: Known[] = [],
): Set<string> {
  const inFile = Object.values(declared).filter(({ external }) => external);
  const inState = known.filter(({ inputs }) => (inputs.project === project) === (inputs.external === true));
  return new Set([...inFile, ...inState.map(({ inputs }) => inputs)].map(({ name }) => name));
}

/** By the volume's name: the hosts on which the file may have a service that uses it. */
function volumePlaces(file: Project): Map<string, Set<string>> {
  const { of, affinity } = rulesOf(file);
  const hostsOf = (service: string) => {
    const group = affinity.groups.find((members) => members.includes(service)) ?? [service];
    const choosing = group.filter((member) => of.get(member)?.explicit);
    return (choosing.length > 0 ? choosing : [service]).flatMap((member) => of.get(member)?.hosts ?? []);
  };
  const places = new Map<string, Set<string>>();
  for (const [service, { volumes = [] }] of Object.entries(file.services))
    for (const { type, source = "" } of volumes) {
      const volume = type === "volume" ? file.volumes[source] : undefined;
      if (!volume || volume.external) continue;
      places.set(volume.name, new Set([...(places.get(volume.name) ?? []), ...hostsOf(service)]));
    }
  return places;
}

/** Rules of placement may be such that nothing can be placed: that matters only where volumes are to go. */
function once<T>(compute: () => T): () => T {
  let known: { value: T } | undefined;
  return () => (known ??= { value: compute() }).value;
}
