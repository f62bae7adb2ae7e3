/**
 * Uploads folders through a container that is never started, because the engine unpacks archives only into containers,
 * and not into volumes that are mounted read-only.
 */
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { label } from "../../model/labels.js";
import { type SyncedMount, syncedMounts } from "../../model/plan/upload-mounts.js";
import type { OnStep } from "../../model/steps.js";
import type { Engine } from "../connection/connect.js";
import { archiveOf } from "./archive.js";
import {
  inside,
  isFiller,
  makeFiller,
  removeFiller,
  removeFillers,
  usersOf,
  waitForTurn,
} from "./upload-containers.js";
import { assertSameContent, entriesAt, type Uploads, volumeOf } from "./synced-folders.js";

interface Fill {
  /** The project's folder. */
  root: string;
  stack?: string;
  signal?: AbortSignal;
  onStep?: OnStep;
}

/**
 * Creates a container whose folders are filled. The upload containers are kept until it exists, because every run
 * removes volumes that no container uses.
 */
export async function withFolders<Made>(
  engine: Engine,
  uploads: Uploads,
  fill: Fill,
  make: () => Promise<Made>,
): Promise<Made> {
  const own: Filler[] = [];
  try {
    await fillFolders(engine, uploads, fill, own);
    const made = await make();
    await release(engine, own, fill.signal);
    return made;
  } catch (error) {
    await release(engine, own).catch(() => undefined);
    throw error;
  }
}

interface Filler {
  id: string;
  volume: string;
}

async function release(engine: Engine, own: Filler[], signal?: AbortSignal): Promise<void> {
  for (const { id, volume } of own) await removeFiller(engine, { id, mounts: [{ name: volume }] }, signal);
}

/** Uploads the missing folders, through containers that are added to `own`. */
async function fillFolders(engine: Engine, uploads: Uploads, fill: Fill, own: Filler[]): Promise<void> {
  const folders = syncedMounts(uploads).filter(({ file }) => !file);
  if (folders.length > 0) await removeFillers(engine, uploads, fill.signal);
  for (const folder of folders) {
    const { source: volume } = volumeOf(folder, uploads);
    if (own.some((one) => one.volume === volume) || (await usersKindOf(engine, volume, fill)) === "service")
      continue;
    await fillVolume(engine, uploads, folder, fill, own);
  }
}

/**
 * A container is created only after its folders are filled, so its existence proves that they are. A container of `run`
 * may disappear at any moment, and its folder with it.
 */
async function usersKindOf(
  engine: Engine,
  volume: string,
  { signal }: Fill,
): Promise<"service" | "run" | undefined> {
  const users = (await usersOf(engine, volume, signal)).filter((one) => !isFiller(one));
  if (users.length === 0) return undefined;
  return users.some(({ labels }) => labels[label.oneoff] !== "True") ? "service" : "run";
}

/**
 * Another machine may have taken this container for dead and removed it: this one then waits until the other has
 * finished.
 */
async function fillVolume(
  engine: Engine,
  uploads: Uploads,
  folder: SyncedMount,
  fill: Fill,
  own: Filler[],
): Promise<void> {
  for (let times = 1; ; times++) {
    const filler = await takeTurn(engine, uploads, folder, fill);
    own.push(filler);
    // The previous container may have filled it.
    if ((await usersKindOf(engine, filler.volume, fill)) !== undefined) return;
    await assertSameContent(folder, fill.root);
    fill.onStep?.({ op: "upload", host: engine.host.name, text: `upload ${folder.mount.source}` });
    try {
      const raw = zipped(archiveOf(await entriesAt(fill.root, folder.path)));
      const query = { path: inside };
      const path = `/containers/${filler.id}/archive`;
      return void (await engine.put(path, { query, raw, timeout: 24 * 3600_000, signal: fill.signal }));
    } catch (error) {
      const users = await usersOf(engine, filler.volume, fill.signal);
      if (times === attempts || users.some(({ id }) => id === filler.id)) throw error;
      own.pop();
    }
  }
}

const attempts = 3;

async function takeTurn(
  engine: Engine,
  uploads: Uploads,
  folder: SyncedMount,
  { signal, onStep, stack }: Fill,
): Promise<Filler> {
  const {
    source: volume,
    volume: { labels },
  } = volumeOf(folder, uploads);
  const text = `wait for another upload of ${folder.mount.source}`;
  const onWait = () => onStep?.({ op: "wait", host: engine.host.name, text });
  await waitForTurn(engine, { volume }, { signal, onWait });
  const mounted = { source: volume, labels };
  const id = await makeFiller(engine, uploads, mounted, { stack, signal });
  try {
    await waitForTurn(engine, { volume, own: id }, { signal, onWait });
  } catch (error) {
    await release(engine, [{ id, volume }]).catch(() => undefined);
    throw error;
  }
  return { id, volume };
}

function zipped(archive: Readable): Readable {
  const zip = createGzip({ level: 1 });
  // Errors are reported where the archive is read.
  pipeline(archive, zip).catch(() => undefined);
  return zip;
}
