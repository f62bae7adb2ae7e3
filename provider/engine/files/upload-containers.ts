/**
 * Containers that are never started and serve to upload folders. Several commands may upload at once, for example `run`
 * and `up`: each creates its own container, labeled with its process, and leaves those of live processes alone.
 */
import { hostname } from "node:os";
import { label } from "../../model/labels.js";
import type { ObservedContainer } from "../../model/observed.js";
import { isAlive } from "../connection/process-alive.js";
import type { Engine } from "../connection/connect.js";
import { sleep } from "../connection/deadline.js";
import { createContainer } from "../containers/create.js";
import { findContainer } from "../observe/inspect.js";
import { listContainers } from "../observe/list.js";
import type { Uploads } from "./synced-folders.js";

export const inside = "/k2-compose";

/** Creates one together with the volume to fill; returns its id. */
export async function makeFiller(
  engine: Engine,
  { project, service, image, platform }: Uploads,
  volume: { source?: string; labels?: Record<string, string> },
  { stack, signal }: { stack?: string | undefined; signal?: AbortSignal | undefined },
): Promise<string> {
  const mount = {
    Type: "volume",
    Source: volume.source,
    Target: inside,
    VolumeOptions: { NoCopy: true, Labels: volume.labels },
  };
  const body = {
    Image: image,
    Cmd: ["never started"],
    Labels: {
      [label.project]: project,
      [label.oneoff]: "True",
      ...(stack !== undefined && { [label.stack]: stack }),
      [label.fills]: `${project}/${service}`,
      [label.filler]: `${hostname()} ${process.pid}`,
    },
    HostConfig: { NetworkMode: "none", Mounts: [mount] },
  };
  return createContainer(engine, { query: platform === undefined ? {} : { platform }, body }, signal);
}

/** All containers that mount a volume. */
export function usersOf(engine: Engine, volume: string, signal?: AbortSignal): Promise<ObservedContainer[]> {
  return listContainers(engine, { all: true, filters: { volume: [volume] }, signal });
}

export function isFiller({ labels }: ObservedContainer): boolean {
  return labels[label.fills] !== undefined;
}

/** Removes those of dead runs, with the volumes that no other container uses: they are incomplete. */
export async function removeFillers(
  engine: Engine,
  { project, service, synced }: Uploads,
  signal?: AbortSignal,
): Promise<void> {
  if (!synced) return;
  const filters = { label: [`${label.fills}=${project}/${service}`] };
  const found = await listContainers(engine, { all: true, filters, signal });
  for (const filler of found) if (!isAtWork(filler)) await removeFiller(engine, filler, signal);
}

export async function removeFiller(
  engine: Engine,
  { id, mounts }: { id: string; mounts: { name?: string }[] },
  signal?: AbortSignal,
): Promise<void> {
  await engine.delete(`/containers/${id}`, { query: { force: true, v: true }, ok: [404], signal });
  for (const { name } of mounts)
    if (name) await engine.delete(`/volumes/${name}`, { ok: [404, 409], signal });
}

/**
 * Upload containers of another machine count as live for two minutes, because its PIDs cannot be checked. After that
 * they are removed, so that a killed pipeline does not block the next one. Milliseconds.
 */
const patience = 2 * 60_000;

function isAtWork({ labels, created }: ObservedContainer): boolean {
  const [machine, pid] = (labels[label.filler] ?? "").split(" ");
  if (!machine || !pid) return false;
  return machine === hostname() ? isAlive(Number(pid)) : Date.now() - created * 1000 < patience;
}

/** Waits while another container fills the volume. If two start at once, the older one goes first. */
export async function waitForTurn(
  engine: Engine,
  { volume, own }: { volume: string; own?: string },
  { signal, onWait }: { signal?: AbortSignal | undefined; onWait?: (() => void) | undefined },
): Promise<void> {
  for (let rounds = 0; ; rounds++) {
    const fillers = (await usersOf(engine, volume, signal)).filter((one) => isFiller(one) && isAtWork(one));
    if (fillers.length === 0 || (await oldest(engine, fillers, signal)) === own) return;
    if (rounds === 0) onWait?.();
    await sleep(interval, signal);
  }
}

const interval = 300;

/** The id of the container that was created first. Lists give seconds only, so the engine is asked for the exact times. */
async function oldest(
  engine: Engine,
  fillers: ObservedContainer[],
  signal?: AbortSignal,
): Promise<string | undefined> {
  if (fillers.length === 1) return fillers[0]?.id;
  const found = await Promise.all(fillers.map(({ id }) => findContainer(engine, id, signal)));
  // The engine omits zeros at the end of a fraction: as text, "…01Z" would come after "…01.5Z".
  const byTime = found
    .flatMap((one) => (one ? [{ id: one.Id, created: one.Created.replace("Z", "") }] : []))
    .sort((one, other) => (one.created < other.created ? -1 : 1));
  return byTime[0]?.id;
}
