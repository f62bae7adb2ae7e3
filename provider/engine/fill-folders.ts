/**
 * Uploads the folders that travel. A container that is never started takes the archive in, since the engine unpacks into
 * nothing else, and into no volume that is mounted read-only.
 */
import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { type Pack, pack } from "tar-stream";
import { label } from "../model/labels.js";
import { type SyncedMount, syncedMounts } from "../model/synced.js";
import type { Engine } from "./connect.js";
import type { FolderEntry } from "./folder.js";
import { demandSame, entriesAt, type Uploads, volumeOf } from "./synced-folders.js";

export interface Fill {
  /** The project's folder. */
  root: string;
  stack?: string;
  signal?: AbortSignal;
  onStep?: (text: string) => void;
}

/**
 * Makes a container that finds its folders full. What they were filled through stays until there is one: volumes that
 * nobody has are cleared away by whoever comes by.
 */
export async function withFolders<Made>(
  engine: Engine,
  uploads: Uploads,
  fill: Fill,
  make: () => Promise<Made>,
): Promise<Made> {
  const filled = await fillFolders(engine, uploads, fill);
  if (!filled) return make();
  try {
    const made = await make();
    await removeFillers(engine, uploads, fill.signal);
    return made;
  } catch (error) {
    await removeFillers(engine, uploads).catch(() => undefined);
    throw error;
  }
}

/** Uploads the folders that are not there yet. False: there were none. */
async function fillFolders(engine: Engine, uploads: Uploads, fill: Fill): Promise<boolean> {
  const filled = new Set<string>();
  for (const folder of syncedMounts(uploads).filter(({ file }) => !file)) {
    const volume = volumeOf(folder, uploads).source!;
    if (filled.has(volume) || (await isFilled(engine, volume, fill))) continue;
    await demandSame(folder, fill.root);
    if (filled.size === 0) await removeFillers(engine, uploads, fill.signal);
    fill.onStep?.(`upload ${folder.mount.source}`);
    await fillVolume(engine, uploads, folder, fill);
    filled.add(volume);
  }
  return filled.size > 0;
}

/** With the volumes that nobody else has: a run that died while it uploaded has left them half full. */
export async function removeFillers(
  engine: Engine,
  { project, service, synced }: Uploads,
  signal?: AbortSignal,
): Promise<void> {
  if (!synced) return;
  const query = { all: true, filters: JSON.stringify({ label: [`${label.fills}=${project}/${service}`] }) };
  const found = await engine.get<Listed[]>("/containers/json", { query, signal });
  for (const { Id, Mounts } of found) {
    await engine.delete(`/containers/${Id}`, { query: { force: true, v: true }, ok: [404], signal });
    for (const { Name } of Mounts ?? [])
      if (Name) await engine.delete(`/volumes/${Name}`, { ok: [404, 409], signal });
  }
}

interface Listed {
  Id: string;
  Labels: Record<string, string> | null;
  Mounts: { Name?: string }[] | null;
}

/** A container of the service is made only after its folders are full: that there is one says so. */
async function isFilled(engine: Engine, volume: string, { signal }: Fill): Promise<boolean> {
  const query = { all: true, filters: JSON.stringify({ volume: [volume] }) };
  const users = await engine.get<Listed[]>("/containers/json", { query, signal });
  return users.some(({ Labels }) => Labels?.[label.fills] === undefined);
}

const inside = "/k2-compose";

async function fillVolume(
  engine: Engine,
  uploads: Uploads,
  folder: SyncedMount,
  { root, stack, signal }: Fill,
): Promise<void> {
  const { project, service, image, platform } = uploads;
  const { source, volume } = volumeOf(folder, uploads);
  const mount = {
    Type: "volume",
    Source: source,
    Target: inside,
    VolumeOptions: { NoCopy: true, Labels: volume?.labels },
  };
  const { Id } = await engine.post<{ Id: string }>("/containers/create", {
    query: platform === undefined ? {} : { platform },
    body: {
      Image: image,
      Cmd: ["never started"],
      Labels: {
        [label.project]: project,
        [label.oneoff]: "True",
        ...(stack !== undefined && { [label.stack]: stack }),
        [label.fills]: `${project}/${service}`,
      },
      HostConfig: { NetworkMode: "none", Mounts: [mount] },
    },
    signal,
  });
  try {
    const raw = archiveOf(await entriesAt(root, folder.path));
    await engine.put(`/containers/${Id}/archive`, {
      query: { path: inside },
      raw,
      timeout: 24 * 3600_000,
      signal,
    });
  } catch (error) {
    await removeFillers(engine, uploads).catch(() => undefined);
    throw error;
  }
}

/** Whoever unpacks it finds root as the owner: who owns the files here means nothing there. */
function archiveOf(entries: FolderEntry[]): Readable {
  const tar = pack();
  const zipped = createGzip({ level: 1 });
  // Errors come out where the archive is read.
  pipeline(tar, zipped).catch(() => undefined);
  packAll(tar, entries).then(
    () => tar.finalize(),
    (error: Error) => zipped.destroy(error),
  );
  return zipped;
}

async function packAll(tar: Pack, entries: FolderEntry[]): Promise<void> {
  for (const { path, kind, mode, size, modified, target, source } of entries) {
    const header = { name: path, mode, mtime: new Date(modified), uid: 0, gid: 0 };
    if (kind === "folder") tar.entry({ ...header, type: "directory" });
    else if (kind === "link") tar.entry({ ...header, type: "symlink", linkname: target! });
    else await pipeline(createReadStream(source!), tar.entry({ ...header, size }));
  }
}
