import { label } from "../../model/labels.js";
import type { HostSnapshot } from "../../model/observed.js";
import { connect, type Engine, type HostRef } from "../connection/connect.js";
import { deadlineAfter, untilAborted } from "../connection/deadline.js";
import { connectionFailure } from "../connection/failure.js";
import { engineInfo } from "./list-answers.js";
import { listContainers, listImages, listNetworks, listVolumes, systemInfo } from "./list.js";

interface Look {
  signal?: AbortSignal;
  /** Milliseconds for all calls together. Default 3,000. */
  deadline?: number;
}

/** Lists the engine's resources, with one call for each kind. */
export async function snapshot(
  engine: Engine,
  { signal, deadline = 3_000 }: Look = {},
): Promise<HostSnapshot> {
  const limit = deadlineAfter(deadline, signal, (late) => connectionFailure(engine.host, late));
  try {
    // The calls that negotiate the version have longer deadlines of their own.
    return await untilAborted(limit.signal, lists(engine, limit.signal));
  } finally {
    limit.clear();
  }
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
  const labels = [
    `${label.project}=${project}`,
    ...(service === undefined ? [] : [`${label.service}=${service}`]),
  ];
  const [engineId, containers, networks] = await Promise.all([
    identityOf(engine, signal),
    listContainers(engine, { all: true, filters: { label: labels }, signal }),
    names?.length === 0 ? [] : listNetworks(engine, { filters: names && { name: names }, signal }),
  ]);
  return { engineId, containers, networks };
}

/** The engine's id. It is queried once, because `/info` makes an engine count all its resources. */
export async function identityOf(engine: Engine, signal?: AbortSignal): Promise<string> {
  const key = keyOf(engine.host);
  const known = identities.get(key) ?? (await systemInfo(engine, signal)).ID;
  identities.set(key, known);
  return known;
}

/** One snapshot a host for the life of the process, its failure included: a dead host is waited for once. */
export function hostSnapshot(host: HostRef, look: Look = {}): Promise<HostSnapshot> {
  const key = keyOf(host);
  let seen = snapshots.get(key);
  if (seen === undefined) {
    seen = snapshot(connect(host), look);
    snapshots.set(key, seen);
    // Whoever asks gets the error; nobody may have asked yet.
    seen.catch(() => undefined);
  }
  return seen;
}

/** For what looks again after something was done. */
export function forgetSnapshots(): void {
  snapshots.clear();
  identities.clear();
}

const snapshots = new Map<string, Promise<HostSnapshot>>();
const identities = new Map<string, string>();

function keyOf({ name, address, tls, api_version }: HostRef): string {
  return JSON.stringify([name, address, tls, api_version]);
}

async function lists(engine: Engine, signal: AbortSignal): Promise<HostSnapshot> {
  const [apiVersion, info, containers, images, networks, volumes] = await Promise.all([
    engine.apiVersion(),
    systemInfo(engine, signal),
    listContainers(engine, { all: true, signal }),
    listImages(engine, signal),
    listNetworks(engine, { signal }),
    listVolumes(engine, { signal }),
  ]);
  identities.set(keyOf(engine.host), info.ID);
  return { engine: engineInfo(info, apiVersion), containers, images, networks, volumes };
}
