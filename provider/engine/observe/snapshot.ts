import { label } from "../../model/labels.js";
import type { HostSnapshot, ObservedContainer } from "../../model/observed.js";
import type { Engine } from "../connection/connect.js";
import { deadlineAfter, Late, seconds, sleepWhileRunning, untilAborted } from "../connection/deadline.js";
import { connectionFailure } from "../connection/failure.js";
import { engineInfo } from "./list-answers.js";
import { withCrashLoops } from "./crash-loops.js";
import { listContainers, listImages, listNetworks, listVolumes, systemInfo } from "./list.js";

interface Look {
  signal?: AbortSignal;
  /** Milliseconds until the engine must have answered. Default 3,000. */
  deadline?: number;
}

/** Milliseconds for the lists of an engine that answers a ping, for example while its disk is busy. */
const busyDeadline = 30_000;

/** Lists the engine's resources, with one call for each kind. */
export async function snapshot(
  engine: Engine,
  { signal, deadline = 3_000 }: Look = {},
): Promise<HostSnapshot> {
  // The engine gets its whole deadline, however long Pulumi takes to decrypt the certificates of `secret://`.
  await prepared(engine, signal);
  const limit = deadlineAfter(busyDeadline, signal, (late) => connectionFailure(engine.host, late));
  const ended = new AbortController();
  const until = AbortSignal.any([limit.signal, ended.signal]);
  try {
    return await Promise.race([
      // The calls that negotiate the version have longer deadlines of their own.
      untilAborted(limit.signal, lists(engine, until)),
      rejectIfSilent(engine, deadline, until),
    ]);
  } finally {
    limit.clear();
    ended.abort();
  }
}

function prepared(engine: Engine, signal?: AbortSignal): Promise<void> {
  return signal === undefined ? engine.prepare() : untilAborted(signal, engine.prepare());
}

/** Rejects at the deadline, unless the engine then answers a ping: in that case it never settles. */
async function rejectIfSilent(engine: Engine, deadline: number, signal: AbortSignal): Promise<never> {
  const timeout = deadline / 3;
  await sleepWhileRunning(deadline - timeout, signal);
  const late = new Late(`no answer within ${seconds(deadline)}`);
  const limit = deadlineAfter(timeout, signal, () => connectionFailure(engine.host, late));
  try {
    await untilAborted(limit.signal, engine.ping(limit.signal));
  } finally {
    limit.clear();
  }
  return new Promise(() => undefined);
}

/** Restricts the lists to a part of a project, to keep them short, because every service requests them. */
interface Part {
  /** Only containers of this service. */
  service?: string;
  /** Names of the networks to look up; default: all. */
  networks?: string[];
}

/** Observes the current resources of one project, before a change. */
export async function observeProject(
  engine: Engine,
  project: string,
  signal?: AbortSignal,
  { service, networks: names }: Part = {},
): Promise<Pick<HostSnapshot, "containers" | "networks"> & { engineId: string }> {
  const [engineId, containers, networks] = await Promise.all([
    identityOf(engine, signal),
    projectContainers(engine, project, { service, signal }),
    names?.length === 0 ? [] : listNetworks(engine, { filters: names && { name: names }, signal }),
  ]);
  return { engineId, containers, networks };
}

/** The containers of a project, or of one of its services. */
export function projectContainers(
  engine: Engine,
  project: string,
  { service, signal }: { service?: string | undefined; signal?: AbortSignal | undefined } = {},
): Promise<ObservedContainer[]> {
  const ofService = service === undefined ? [] : [`${label.service}=${service}`];
  const filters = { label: [`${label.project}=${project}`, ...ofService] };
  return listContainers(engine, { all: true, filters, signal });
}

/** The engine's id. It is queried once, because `/info` makes an engine count all its resources. */
export async function identityOf(engine: Engine, signal?: AbortSignal): Promise<string> {
  const identity = engine.memory.of(newIdentity);
  identity.id ??= (await systemInfo(engine, signal)).ID;
  return identity.id;
}

/** The key of `EngineMemory`. */
export function newIdentity(): { id?: string } {
  return {};
}

async function lists(engine: Engine, signal: AbortSignal): Promise<HostSnapshot> {
  const [apiVersion, info, containers, images, networks, volumes] = await Promise.all([
    engine.apiVersion(),
    systemInfo(engine, signal),
    listContainers(engine, { all: true, signal }).then((all) => withCrashLoops(engine, all, { signal })),
    listImages(engine, signal),
    listNetworks(engine, { signal }),
    listVolumes(engine, { signal }),
  ]);
  engine.memory.of(newIdentity).id = info.ID;
  return { engine: engineInfo(info, apiVersion), containers, images, networks, volumes };
}
