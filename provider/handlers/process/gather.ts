/** Gathers the knowledge for a resource's drift: snapshots and answers are shared by all resources. */
import { filesHashOf } from "../../engine/files/service-files.js";
import { lookAtRegistry } from "../../engine/images/registry-digest.js";
import { judge } from "../../engine/inspection/inspect-service.js";
import { kinds, type Needs, type Resource, type Seen } from "../../model/changes/kinds.js";
import type { RegistryAnswer } from "../../model/images/pull-policy.js";
import type { Kind } from "../../model/kinds.js";
import type { HostSnapshot } from "../../model/observed.js";
import type { Reason } from "../../model/reasons.js";
import { isUnknown } from "../../model/unknown.js";
import type { Call } from "./handler.js";
import { snapshotOrWarn } from "./snapshots.js";

export async function driftOf<K extends Kind>(kind: K, resource: Resource<K>, call: Call): Promise<Reason[]> {
  return kinds[kind].drift(resource, await gather(kind, resource, call));
}

export async function gather<K extends Kind>(kind: K, resource: Resource<K>, call: Call): Promise<Seen> {
  const needs = kinds[kind].needs(resource);
  const isOnHost = kinds[kind].host(resource.inputs) !== undefined;
  const snapshots = await withInspectedContainers(
    needs,
    await withOtherHosts(needs, await look(needs, isOnHost, call), call),
    call,
  );
  const { registry, swarm } = needs;
  return {
    snapshots,
    ...(swarm && { swarm: await changesOn(swarm, call) }),
    ...(registry && { registries: new Map([[registry.image, await askRegistry(registry, call)]]) }),
    filesHash: filesHashOf,
    isRecreated: (host, thing) => call.memory.isRecreated(host, thing),
    fateOf: (service, host) => call.memory.fateOf(service, host)?.fate,
  };
}

/** The resources on a host report that it does not answer; a resource of the whole stack does not repeat it. */
async function look({ hosts }: Needs, isOnHost: boolean, call: Call): Promise<Seen["snapshots"]> {
  const found = hosts.map(async (host): Promise<[string, HostSnapshot][]> => {
    const seen = await (isOnHost ? snapshotOrWarn(host, call) : call.memory.snapshotIfReachable(host));
    return seen ? [[host.name, seen]] : [];
  });
  return new Map((await Promise.all(found)).flat());
}

/** Adds the snapshots of other hosts, which depend on that of its own host. */
export async function withOtherHosts(
  { hosts, others }: Needs,
  snapshots: Seen["snapshots"],
  call: Call,
): Promise<Seen["snapshots"]> {
  const own = snapshots.get(hosts[0]?.name ?? "");
  const all = new Map(snapshots);
  for (const host of own && others ? others(own) : []) {
    const seen = all.has(host.name) ? undefined : await call.memory.snapshotIfReachable(host);
    if (seen) all.set(host.name, seen);
  }
  return all;
}

async function withInspectedContainers(
  { inspected }: Needs,
  snapshots: Seen["snapshots"],
  { session, signal }: Call,
): Promise<Seen["snapshots"]> {
  const host = inspected?.inputs.host;
  const seen = snapshots.get(host?.name ?? "");
  if (!inspected || !host || !seen) return snapshots;
  const { inputs, names } = inspected;
  const containers = await judge(session.engine(host), inputs, names, seen.containers, signal);
  return new Map([...snapshots, [host.name, { ...seen, containers }]]);
}

function askRegistry(
  { image, hosts }: NonNullable<Needs["registry"]>,
  { memory, session, signal }: Call,
): Promise<RegistryAnswer> {
  const reachable = hosts.filter(({ address }) => !isUnknown(address)).map((host) => session.engine(host));
  return memory.registryAnswer(image, () => lookAtRegistry(image, reachable, signal));
}

/** Loaded only for files with a swarm. */
async function changesOn(
  swarm: NonNullable<Needs["swarm"]>,
  call: Call,
): Promise<NonNullable<Seen["swarm"]>> {
  const [{ observedSwarm }, { swarmChanges }] = await Promise.all([
    import("./swarm.js"),
    import("../../model/swarm/drift/changes.js"),
  ]);
  return swarmChanges(await observedSwarm(swarm, call));
}
