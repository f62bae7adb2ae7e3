/** Changes of a swarm: the cluster, its nodes, services, configs and secrets. Decides nothing. */
import type { ServiceSpec } from "../../model/swarm/spec-types.js";
import type { Shape } from "../connection/answer-shape.js";
import type { Engine } from "../connection/connect.js";
import type { ClusterSpec, NodeSpec } from "./answers.js";
import { type ObjectKind, readCluster, readNodes } from "./list.js";

/** Milliseconds: a join to a manager that does not answer takes the engine 20 s. */
const longJoin = 40_000;

const withId = { object: { ID: "string" } } as const satisfies Shape;

interface Addresses {
  /** By which the other nodes reach the engine; by default, the engine chooses. */
  advertise?: string | undefined;
  dataPath?: string | undefined;
}

interface Formation extends Addresses {
  availability?: NodeSpec["Availability"] | undefined;
  addressPool?: string[] | undefined;
  subnetSize?: number | undefined;
  dataPathPort?: number | undefined;
  spec: ClusterSpec;
}

/** Makes the engine the first manager of a new swarm. */
export async function formSwarm(engine: Engine, formation: Formation, signal?: AbortSignal): Promise<void> {
  const body = {
    ListenAddr: listenAddress,
    ...addressesOf(formation),
    ...(formation.availability && { Availability: formation.availability }),
    ...(formation.addressPool && { DefaultAddrPool: formation.addressPool }),
    ...(formation.subnetSize && { SubnetSize: formation.subnetSize }),
    ...(formation.dataPathPort && { DataPathPort: formation.dataPathPort }),
    Spec: formation.spec,
  };
  await engine.post("/swarm/init", { body, signal, timeout: longJoin });
}

const listenAddress = "0.0.0.0:2377";

function addressesOf({ advertise, dataPath }: Addresses) {
  return {
    ...(advertise !== undefined && { AdvertiseAddr: advertise }),
    ...(dataPath !== undefined && { DataPathAddr: dataPath }),
  };
}

interface Joining extends Addresses {
  role: NodeSpec["Role"];
  availability?: NodeSpec["Availability"] | undefined;
  /** Addresses of managers. */
  managers: string[];
}

/** The token is read at the moment of use, and is kept nowhere. */
export async function joinSwarm(
  engine: Engine,
  manager: Engine,
  { role, availability, managers, ...addresses }: Joining,
  signal?: AbortSignal,
): Promise<void> {
  const { JoinTokens: tokens } = await readCluster(manager, signal);
  const body = {
    ListenAddr: listenAddress,
    ...addressesOf(addresses),
    RemoteAddrs: managers,
    JoinToken: role === "manager" ? tokens?.Manager : tokens?.Worker,
    ...(availability && { Availability: availability }),
  };
  await engine.post("/swarm/join", { body, signal, timeout: longJoin });
}

/** 503: it is in no swarm. */
export async function leaveSwarm(engine: Engine, signal?: AbortSignal): Promise<void> {
  await engine.post("/swarm/leave", { query: { force: true }, ok: [503], signal });
}

/** Unlocks a manager that was restarted in an autolocked swarm. */
export async function unlockManager(engine: Engine, key: string, signal?: AbortSignal): Promise<void> {
  await engine.post("/swarm/unlock", { body: { UnlockKey: key }, signal, timeout: longJoin });
}

/** Secret. */
export async function unlockKey(manager: Engine, signal?: AbortSignal): Promise<string> {
  const { UnlockKey: key } = await manager.get<{ UnlockKey?: string }>("/swarm/unlockkey", { signal });
  return key ?? "";
}

interface Rotation {
  workerToken?: boolean;
  managerToken?: boolean;
  unlockKey?: boolean;
}

/** Changes the specification as it is now. */
export async function updateCluster(
  manager: Engine,
  change: (spec: ClusterSpec) => ClusterSpec,
  { workerToken, managerToken, unlockKey: key }: Rotation = {},
  signal?: AbortSignal,
): Promise<void> {
  const { Version: version, Spec: spec } = await readCluster(manager, signal);
  const rotations = {
    ...(workerToken && { rotateWorkerToken: true }),
    ...(managerToken && { rotateManagerToken: true }),
    ...(key && { rotateManagerUnlockKey: true }),
  };
  await manager.post("/swarm/update", {
    query: { version: version.Index, ...rotations },
    body: change(spec),
    signal,
  });
}

/** Changes the specification of a node as it is now; the engine removes what a partial one leaves out. */
export async function updateNode(
  manager: Engine,
  id: string,
  change: (spec: NodeSpec) => NodeSpec,
  signal?: AbortSignal,
): Promise<void> {
  const [node] = await readNodes(manager, { filters: { id: [id] }, signal });
  if (!node) return;
  const query = { version: node.Version.Index };
  await manager.post(`/nodes/${id}/update`, { query, body: change(node.Spec), signal });
}

/** Removes the entry of a node that has left. */
export async function removeNode(manager: Engine, id: string, signal?: AbortSignal): Promise<void> {
  await manager.delete(`/nodes/${id}`, { query: { force: true }, ok: [404], signal });
}

interface ServiceChange {
  spec: ServiceSpec;
  /** Credentials of the registry, which the swarm passes on to the nodes. */
  auth: Record<string, string>;
  signal?: AbortSignal | undefined;
}

/** Returns the service's id. */
export async function createService(manager: Engine, { spec, auth, signal }: ServiceChange): Promise<string> {
  const call = { body: spec, headers: auth, shape: withId, signal };
  const { ID: id } = await manager.post<{ ID: string }>("/services/create", call);
  return id;
}

/** Without credentials, the swarm goes on to use those that it has. */
export async function updateService(
  manager: Engine,
  { id, version }: { id: string; version: number },
  { spec, auth, signal }: ServiceChange,
): Promise<void> {
  const from = Object.keys(auth).length === 0 ? { registryAuthFrom: "spec" } : {};
  const query = { version, ...from };
  await manager.post(`/services/${id}/update`, { query, body: spec, headers: auth, signal });
}

export async function removeService(manager: Engine, id: string, signal?: AbortSignal): Promise<void> {
  await manager.delete(`/services/${id}`, { ok: [404], signal });
}

interface NewObject {
  name: string;
  labels: Record<string, string>;
  data: Buffer;
}

/** Returns the object's id. */
export async function createObject(
  manager: Engine,
  kind: ObjectKind,
  { name, labels, data }: NewObject,
  signal?: AbortSignal,
): Promise<string> {
  const body = { Name: name, Labels: labels, Data: data.toString("base64") };
  const { ID: id } = await manager.post<{ ID: string }>(`/${kind}/create`, { body, shape: withId, signal });
  return id;
}

/** Only the labels of an object can change. */
export async function updateObject(
  manager: Engine,
  kind: ObjectKind,
  {
    id,
    version,
    name,
    labels,
  }: { id: string; version: number; name: string; labels: Record<string, string> },
  signal?: AbortSignal,
): Promise<void> {
  await manager.post(`/${kind}/${id}/update`, {
    query: { version },
    body: { Name: name, Labels: labels },
    signal,
  });
}

export async function removeObject(
  manager: Engine,
  kind: ObjectKind,
  id: string,
  signal?: AbortSignal,
): Promise<void> {
  await manager.delete(`/${kind}/${id}`, { ok: [404], signal });
}
