/**
 * The changes of each kind: the required knowledge of hosts and registries, and its meaning for a resource with
 * unchanged inputs. The CLI uses it for its preview, and the handlers for Pulumi's.
 */
import { healthCheckDrift, hostDrift, networkDrift, orphanDrift, volumeDrift } from "./drift.js";
import { type Fate, restartedLenders } from "./followers.js";
import { serviceDrift } from "./service-drift.js";
import { hostImageDrift, imageDrift, imageTagDrift } from "./image-drift.js";
import { isDue, type RegistryAnswer } from "../images/pull-policy.js";
import type { HostRef, Kind, Run, ServiceContext, ServiceInputs, Shapes } from "../kinds.js";
import { type HostSnapshot, instanceOf, type ObservedContainer } from "../observed.js";
import { type Reason, reason } from "../reasons.js";
import { shortId } from "../images/digest.js";
import { orphansOf } from "./orphans.js";
import type { Named } from "../ownership.js";
import { pinnedDrift, pinnedOnHostDrift } from "./pinned-images.js";

import type { SwarmChanges } from "../swarm/drift/kinds.js";
import { recreationReasons, isNetworkRecreated, isVolumeRecreated } from "./recreation.js";
import { containersOf } from "../reconcile/desired.js";

export interface Resource<K extends Kind> {
  inputs: Shapes[K]["inputs"];
  context: Shapes[K]["context"];
  /** The outputs in state; empty for a resource that was never finished. */
  outputs: Partial<Shapes[K]["outputs"]>;
}

export interface Needs {
  /** Hosts whose snapshots are required. */
  hosts: HostRef[];
  /** More hosts, given the snapshot of its own host; one that does not answer is ignored. */
  others?(own: HostSnapshot): HostRef[];
  /** An image whose digest is requested from a registry, through the first of these hosts that answers. */
  registry?: { image: string; hosts: HostRef[] };
  /** The swarm of a project, as its hosts and one of its managers see it. */
  swarm?: SwarmNeeds;
  /** A service whose containers are inspected, since a list does not contain enough. */
  inspected?: { inputs: ServiceInputs; names: Pick<ServiceContext, "networks" | "volumes" | "shares"> };
}

interface SwarmNeeds {
  /** Hosts whose memberships are required; one of them is asked for the rest. */
  hosts: HostRef[];
  /** The swarm of the state. */
  clusterId?: string | undefined;
}

/** The gathered snapshots and answers. */
export interface Seen {
  /** By host name; absent for a host that does not answer. */
  snapshots: ReadonlyMap<string, HostSnapshot>;
  /** By image name; only for requested images. */
  registries?: ReadonlyMap<string, RegistryAnswer>;
  /** Only where it is needed. */
  swarm?: SwarmChanges;
  filesHash: (inputs: ServiceInputs) => string | undefined;
  /** Whether this run recreates the object; `thing`: "network shop_default". */
  isRecreated: (host: HostRef, thing: string) => boolean;
  /** The future of a service's containers, if this run does not replace them; `service`: "shop/web". */
  fateOf: (service: string, host: HostRef) => Fate | undefined;
}

interface Changes<K extends Kind> {
  /** Absent for a resource that is not on a host. */
  host(inputs: Shapes[K]["inputs"]): HostRef | undefined;
  needs(resource: Resource<K>): Needs;
  drift(resource: Resource<K>, seen: Seen): Reason[];
  /** The name of an object that this run recreates, because it cannot be changed: "network shop_default". */
  recreated?(inputs: Shapes[K]["inputs"], seen: HostSnapshot, run: Run): string | undefined;
  /** For objects that outlive their state, and are found again by name. */
  thing?: Thing<K>;
}

interface Thing<K extends Kind> {
  /** Identifies it within its kind on one engine, whatever the host's name: "service shop/web". */
  id(inputs: Shapes[K]["inputs"]): string;
  /** The existing object of that name. */
  existing(inputs: Shapes[K]["inputs"], seen: HostSnapshot): Named[];
}

export const things: { [K in "network" | "volume" | "service"]: Thing<K> } = {
  network: {
    id: ({ project, network, driver }) =>
      `${driver === "overlay" ? "swarm " : ""}network ${project}/${network}`,
    existing: ({ name, external }, { networks }) =>
      external ? [] : networks.filter((one) => one.name === name),
  },
  volume: {
    id: ({ project, volume }) => `volume ${project}/${volume}`,
    existing: ({ name, external }, { volumes }) =>
      external ? [] : volumes.filter((one) => one.name === name),
  },
  service: {
    id: ({ project, service }) => `service ${project}/${service}`,
    existing: ({ project, service }, { containers }) => containersOf(containers, project, service),
  },
};

const onHost = ({ host }: { host: HostRef }) => host;
const needsHost = ({ inputs }: { inputs: { host: HostRef } }): Needs => ({ hosts: [inputs.host] });
const needsNothing = (): Needs => ({ hosts: [] });

interface OnSwarm {
  context: { managers: HostRef[] };
  outputs: { managers?: HostRef[]; clusterId?: string };
}

/** Managers of the state are asked too: all managers of the file may be new. */
function needsManager({ context: { managers }, outputs }: OnSwarm): Needs {
  return { hosts: [], swarm: swarmNeeds(managers, outputs) };
}

function needsNodes({
  context: { managers, hosts },
  outputs,
}: OnSwarm & { context: { hosts: HostRef[] } }): Needs {
  return { hosts: [], swarm: swarmNeeds([...managers, ...hosts], outputs) };
}

function swarmNeeds(hosts: HostRef[], { managers = [], clusterId }: OnSwarm["outputs"]): SwarmNeeds {
  const byName = new Map([...hosts, ...managers].reverse().map((host) => [host.name, host]));
  return { hosts: [...byName.values()].reverse(), clusterId };
}

export const kinds: { [K in Kind]: Changes<K> } = {
  host: {
    host: (inputs) => inputs,
    needs: ({ inputs, context }) => ({
      hosts: [inputs],
      others: (own) => (orphansAmong(inputs, context.run, own, []).length > 0 ? hostsOf(context) : []),
    }),
    drift(resource, { snapshots }) {
      const { inputs, outputs } = resource;
      const seen = snapshots.get(inputs.name);
      if (!seen) return [];
      return [...hostDrift(inputs, outputs, seen), ...orphanRemovals(resource, snapshots)];
    },
  },

  network: {
    host: onHost,
    needs: ({ inputs, outputs: { swarm } }) => ({
      hosts: [inputs.host],
      others: () => (swarm ? [swarm.manager] : []),
    }),
    drift({ inputs, context, outputs }, { snapshots }) {
      const seen = snapshots.get(inputs.host.name);
      // Another host than its resource's may know a swarm's network.
      const atManager = snapshots.get(outputs.swarm?.manager.name ?? "");
      return seen ? networkDrift(inputs, context, outputs, seen, atManager) : [];
    },
    recreated: (inputs, seen) => (isNetworkRecreated(inputs, seen) ? `network ${inputs.name}` : undefined),
    thing: things.network,
  },

  volume: {
    host: onHost,
    needs: needsHost,
    drift({ inputs }, { snapshots }) {
      const seen = snapshots.get(inputs.host.name);
      return seen ? volumeDrift(inputs, seen) : [];
    },
    recreated: (inputs, seen, run) =>
      isVolumeRecreated(inputs, seen, run) ? `volume ${inputs.name}` : undefined,
    thing: things.volume,
  },

  image: {
    host: () => undefined,
    needs({ inputs, context, outputs }) {
      if (context.pinnedDigest !== undefined) return needsNothing();
      const { hosts, run } = context;
      return { hosts, ...(isDue(inputs, outputs, run) && { registry: { image: inputs.image, hosts } }) };
    },
    drift({ inputs, context, outputs }, { snapshots, registries }) {
      const { hosts, run, bases, pinnedDigest } = context;
      if (pinnedDigest !== undefined) return pinnedDrift(inputs, pinnedDigest, outputs);
      const seen = hosts.flatMap(({ name }): [string, HostSnapshot][] => {
        const snapshot = snapshots.get(name);
        return snapshot ? [[name, snapshot]] : [];
      });
      return imageDrift(inputs, outputs, run, seen, registries?.get(inputs.image), bases);
    },
  },

  hostImage: {
    host: onHost,
    needs: needsHost,
    drift({ inputs, context: { digest, pinned }, outputs }, { snapshots }) {
      const seen = snapshots.get(inputs.host.name);
      return pinned
        ? pinnedOnHostDrift(inputs, { digest, pinned }, outputs, seen)
        : hostImageDrift(inputs, digest, outputs, seen);
    },
  },

  service: {
    host: onHost,
    needs: ({ inputs, context }) => ({ hosts: [inputs.host], inspected: { inputs, names: context } }),
    drift({ inputs, context, outputs }, { snapshots, filesHash, isRecreated, fateOf }) {
      const seen = snapshots.get(inputs.host.name);
      const own = [
        ...recreationReasons(context, (thing) => isRecreated(inputs.host, thing)),
        ...serviceDrift(inputs, context, filesHash(inputs), seen, outputs),
      ];
      return own.length > 0
        ? own
        : restartedLenders(context, (name) => fateOf(`${inputs.project}/${name}`, inputs.host));
    },
    thing: things.service,
  },

  healthCheck: {
    host: onHost,
    needs: needsNothing,
    drift: ({ inputs, context, outputs }) => healthCheckDrift(inputs, context.revision, outputs),
  },

  imageTag: {
    host: onHost,
    needs: needsNothing,
    drift: ({ inputs, context, outputs }) => imageTagDrift(inputs, context.imageId, outputs),
  },

  swarm: {
    host: () => undefined,
    needs: needsNodes,
    drift: (resource, { swarm }) => swarm?.drift("swarm", resource) ?? [],
  },

  swarmNode: {
    host: onHost,
    needs: ({ inputs, context: { managers }, outputs }) =>
      needsNodes({ context: { managers, hosts: [inputs.host] }, outputs }),
    drift: (resource, { swarm }) => swarm?.drift("swarmNode", resource) ?? [],
  },

  swarmConfig: {
    host: () => undefined,
    needs: needsManager,
    drift: (resource, { swarm }) => swarm?.drift("swarmConfig", resource) ?? [],
  },

  swarmSecret: {
    host: () => undefined,
    needs: needsManager,
    drift: (resource, { swarm }) => swarm?.drift("swarmSecret", resource) ?? [],
  },

  swarmService: {
    host: () => undefined,
    needs(resource) {
      const { image } = resource.inputs;
      const { managers } = resource.context;
      const registry = followsTag(resource) ? { registry: { image, hosts: managers } } : {};
      return { ...needsManager(resource), ...registry };
    },
    drift: (resource, { swarm, registries }) => [
      ...(swarm?.drift("swarmService", resource) ?? []),
      ...movedImage(resource, registries?.get(resource.inputs.image)),
    ],
  },
};

function followsTag({ context: { alwaysAsk, run } }: Resource<"swarmService">): boolean {
  return alwaysAsk === true || run.pull === "always";
}

/** The registry has another image under the name. Services that do not follow it may have the same image. */
function movedImage(resource: Resource<"swarmService">, answer: RegistryAnswer): Reason[] {
  const { inputs, outputs } = resource;
  const { digest } = outputs;
  if (
    !followsTag(resource) ||
    digest === undefined ||
    !answer ||
    !("digest" in answer) ||
    answer.digest === digest
  )
    return [];
  const text = `${inputs.image} has moved in its registry: ${shortId(digest)} -> ${shortId(answer.digest)}`;
  return [reason("registry", inputs.service, text)];
}

function hostsOf({ hosts }: Shapes["host"]["context"]): HostRef[] {
  return hosts.map(({ host }) => host);
}

/** Containers that the run removes because an option of it says so. */
export function orphanRemovals(
  resource: Pick<Resource<"host">, "inputs" | "context">,
  snapshots: Seen["snapshots"],
): Reason[] {
  return resource.context.run.removeOrphans ? orphanDrift(orphansOn(resource, snapshots)) : [];
}

/** Two names of one engine share their known services. */
export function orphansOn(
  { inputs, context }: Pick<Resource<"host">, "inputs" | "context">,
  snapshots: Seen["snapshots"],
): ObservedContainer[] {
  const seen = snapshots.get(inputs.name);
  if (!seen) return [];
  const same = context.hosts.filter(({ host }) => {
    const other = snapshots.get(host.name);
    return other !== undefined && instanceOf(other) === instanceOf(seen);
  });
  const services = same.flatMap((one) => one.services);
  return orphansAmong(inputs, context.run, seen, services);
}

function orphansAmong(
  { project }: Shapes["host"]["inputs"],
  { stack, stackIds, workingDir }: Run,
  { containers }: HostSnapshot,
  services: string[],
): ObservedContainer[] {
  return orphansOf(containers, { project, stack, stackIds, workingDir }, services);
}
