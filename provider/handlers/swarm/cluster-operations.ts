/** Carries out the operations of a swarm's plan. */
import {
  formSwarm,
  joinSwarm,
  leaveSwarm,
  removeNode,
  unlockManager,
  updateCluster,
  updateNode,
} from "../../engine/swarm/change.js";
import { isStale, needsAdvertise } from "../../engine/swarm/refusals.js";
import type { ClusterSpec, NodeSpec } from "../../engine/swarm/answers.js";
import type { Engine } from "../../engine/connection/connect.js";
import { listNodes, listTasks } from "../../engine/swarm/list.js";
import { readMember } from "../../engine/swarm/member.js";
import { sleep } from "../../engine/connection/deadline.js";
import type { NodeSwarm } from "../../compose/types.js";
import { K2Error } from "../../shared/errors.js";
import type { HostRef } from "../../model/kinds.js";
import {
  type Change,
  type ClusterOperation,
  type ClusterPlan,
  printClusterOperation,
  printRefusal,
} from "../../model/swarm/cluster/operations.js";
import type { SwarmObservation } from "../../model/swarm/observation.js";
import type { Call } from "../process/handler.js";
import { managerIn } from "../process/swarm.js";

interface Place {
  /** All hosts of the operations. */
  hosts: HostRef[];
  seen: SwarmObservation;
  unlockKey?: string | undefined;
  call: Call;
}

/** Throws K2Error for the first refusal; the others are warnings. */
export async function assertAllowed({ refusals, notices }: ClusterPlan, call: Call): Promise<void> {
  for (const { what } of notices) if (call.memory.isFirst(what)) await call.warn(what);
  const [first, ...others] = refusals;
  if (!first) return;
  for (const refusal of others) await call.warn(printRefusal(refusal));
  const { error, what, host, hint } = first;
  throw new K2Error(error, what, { ...(host !== undefined && { at: host }), hint });
}

export async function perform({ stages }: ClusterPlan, place: Place): Promise<void> {
  for (const stage of stages)
    await Promise.all(
      stage.map((operation) => {
        const host = "host" in operation ? operation.host : (place.seen.known?.manager.name ?? "");
        place.call.progress({ op: "swarm", host, text: printClusterOperation(operation) });
        return performOne(operation, place);
      }),
    );
}

async function performOne(operation: ClusterOperation, place: Place): Promise<void> {
  const { call, hosts, seen } = place;
  const { signal } = call;
  const engineOf = (host: string) => call.session.engine(hostNamed(hosts, host));
  const manager = () => call.session.engine(managerIn(seen, hosts).manager);
  switch (operation.op) {
    case "init":
      return form(engineOf(operation.host), operation, call);
    case "adopt":
      return;
    case "unlock":
      return unlockManager(engineOf(operation.host), place.unlockKey ?? "", signal);
    case "join":
      return join(operation, engineOf(operation.host), manager(), place);
    case "leave":
      await drained(operation.host, place);
      return leaveSwarm(engineOf(operation.host), signal);
    case "role":
      return changeRole(manager(), operation.node, operation.to, signal);
    case "patch": {
      const node = operation.node ?? (await readMember(engineOf(operation.host), signal)).nodeId;
      const { changes } = operation;
      return updateNode(manager(), node ?? "", (spec) => changes.reduce(withNodeChange, spec), signal);
    }
    case "settings": {
      const { changes, rotate } = operation;
      const change = (spec: ClusterSpec) =>
        changes.reduce(withSetting, rotate.includes("ca") ? withNewCa(spec) : spec);
      return updateCluster(
        manager(),
        change,
        {
          workerToken: rotate.includes("worker_token"),
          managerToken: rotate.includes("manager_token"),
          unlockKey: rotate.includes("unlock_key"),
        },
        signal,
      );
    }
    case "remove":
      return removeNode(manager(), operation.node, signal);
  }
}

function hostNamed(hosts: HostRef[], name: string): HostRef {
  const found = hosts.find((host) => host.name === name);
  if (!found) throw new K2Error("not-found", "the connection of this host is not known", { at: name });
  return found;
}

async function form(
  engine: Engine,
  { swarm, settings }: Extract<ClusterOperation, { op: "init" }>,
  { signal }: Call,
): Promise<void> {
  const valueOf = (what: string) => settings.find((each) => each.what === what)?.to;
  const numberOf = (what: string) => {
    const value = valueOf(what);
    return value === undefined ? undefined : Number(value);
  };
  const isSpec = ({ what }: Change) => !["address pool", "subnet size", "data path port"].includes(what);
  const formation = {
    ...addressesOf(swarm, engine),
    availability: swarm.availability,
    addressPool: valueOf("address pool")?.split(" "),
    subnetSize: numberOf("subnet size"),
    dataPathPort: numberOf("data path port"),
    spec: settings.filter(isSpec).reduce<ClusterSpec>(withSetting, {}),
  };
  await withAdvertiseHint(engine, () => formSwarm(engine, formation, signal));
}

async function join(
  { swarm }: Extract<ClusterOperation, { op: "join" }>,
  engine: Engine,
  manager: Engine,
  { seen, call: { signal } }: Place,
): Promise<void> {
  const name = seen.known?.manager.name ?? "";
  const managers = seen.members[name]?.managers ?? [];
  const { role, availability } = swarm;
  const joining = { ...addressesOf(swarm, engine), role, availability, managers };
  await withAdvertiseHint(engine, () => joinSwarm(engine, manager, joining, signal));
  await settled(async () => (await nodeOf(engine, manager, signal))?.state === "ready", signal);
}

async function nodeOf(engine: Engine, manager: Engine, signal: AbortSignal) {
  const { nodeId } = await readMember(engine, signal);
  const nodes = await listNodes(manager, { signal });
  return nodes.find(({ id }) => id === nodeId);
}

/** An engine refuses to choose among several addresses. */
async function withAdvertiseHint(engine: Engine, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (!K2Error.is(cause) || !needsAdvertise(cause)) throw cause;
    throw new K2Error(cause.code, cause.what, {
      at: engine.host.name,
      hint: `Set the address by which the other nodes reach it: hosts.${engine.host.name}.swarm.advertise.`,
      cause,
    });
  }
}

/** Other nodes reach an engine by the address by which k2-compose does, if that is an IP address. */
function addressesOf({ advertise, data_path: dataPath }: NodeSwarm, { host }: Engine) {
  const [, ip] =
    /^(?:tcp|https?|ssh):\/\/(?:[^@/]*@)?(\d+\.\d+\.\d+\.\d+)(?=[:/]|$)/.exec(host.address) ?? [];
  const own = ip === undefined || ip.startsWith("127.") ? undefined : ip;
  return { advertise: advertise ?? own, dataPath };
}

function withNodeChange(spec: NodeSpec, { what, to }: Change): NodeSpec {
  if (what === "availability") return { ...spec, Availability: isAvailability(to) ? to : "active" };
  const { [what]: _, ...labels } = spec.Labels ?? {};
  return { ...spec, Labels: to === undefined ? labels : { ...labels, [what]: to } };
}

function isAvailability(word: string | undefined): word is NodeSpec["Availability"] {
  return word === "active" || word === "pause" || word === "drain";
}

function withSetting(spec: ClusterSpec, { what, to = "" }: Change): ClusterSpec {
  if (what === "task history")
    return { ...spec, Orchestration: { ...spec.Orchestration, TaskHistoryRetentionLimit: Number(to) } };
  if (what === "autolock")
    return { ...spec, EncryptionConfig: { ...spec.EncryptionConfig, AutoLockManagers: to === "true" } };
  return { ...spec, Labels: { ...spec.Labels, [what]: to } };
}

function withNewCa(spec: ClusterSpec): ClusterSpec {
  const { ForceRotate = 0 } = spec.CAConfig ?? {};
  return { ...spec, CAConfig: { ...spec.CAConfig, ForceRotate: ForceRotate + 1 } };
}

async function changeRole(
  manager: Engine,
  node: string,
  to: NodeSpec["Role"],
  signal: AbortSignal,
): Promise<void> {
  await updateNode(manager, node, (spec) => ({ ...spec, Role: to }), signal);
  await settled(async () => {
    const found = (await listNodes(manager, { signal })).find(({ id }) => id === node);
    return (
      !found || (to === "worker" ? found.reachability === undefined : found.reachability === "reachable")
    );
  }, signal);
}

/** Its tasks have moved to other nodes. */
async function drained(host: string, { seen, hosts, call }: Place): Promise<void> {
  const { known, members } = seen;
  const node = members[host]?.nodeId;
  if (!known || node === undefined || !known.nodes.some(({ id }) => id === node)) return;
  const manager = call.session.engine(managerIn(seen, hosts).manager);
  const filters = { node: [node], "desired-state": ["running"] };
  const isEmpty = async () => (await listTasks(manager, { filters, signal: call.signal })).length === 0;
  await settled(isEmpty, call.signal, 120_000);
}

/** Waits until it is so, or for so many milliseconds. */
async function settled(isSo: () => Promise<boolean>, signal: AbortSignal, limit = 30_000): Promise<void> {
  const end = performance.now() + limit;
  while (!(await isSo()) && performance.now() < end) await sleep(200, signal);
}

/** Another client changed the object since it was read: it is read and planned again. */
export async function retried<T>(work: () => Promise<T>, tries = 3): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isStale(error) || tries <= 1) throw error;
    return retried(work, tries - 1);
  }
}
