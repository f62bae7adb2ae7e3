/**
 * Folders that travel: as volumes of a name for each content, so that the containers that are replaced keep the old
 * ones, and what is the same is sent once. A container that is never started takes the archive in, since the engine
 * unpacks into nothing else, and into no volume that is mounted read-only.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { type Pack, pack } from "tar-stream";
import type { Mount, Service } from "../compose/types.js";
import { K2Error, messageOf } from "../errors.js";
import type { ServiceInputs } from "../model/inputs.js";
import { label } from "../model/labels.js";
import { type SyncedMount, syncedMounts } from "../model/synced.js";
import { contextChanges, contextHashes, wholeHash } from "./build/context-hash.js";
import type { Engine } from "./connect.js";
import type { ContainerFile } from "./files.js";
import { type FolderEntry, listFolder } from "./folder.js";
import { fileVolume } from "./options/file-volumes.js";

/** More than these are told by one hash: a state is no place for a list of a whole repository. */
const mostFiles = 200;

/** By path relative to `root`, of what is at `path` below it. Throws K2Error where nothing is. */
export async function hashesOf(root: string, path: string): Promise<Record<string, string>> {
  const entries = await entriesAt(root, path);
  const hashes = await contextHashes(entries);
  const names = Object.keys(hashes);
  const prefix = path === "" ? "" : `${path}/`;
  if (entries.length === 1 && entries[0]!.path === "") return { [path]: hashes[""]! };
  if (names.length > mostFiles) return { [`${prefix}(${names.length} files)`]: wholeHash(hashes) };
  if (names.length === 0) return { [prefix || "./"]: "empty" };
  const ofFolder = new Set(entries.filter(({ kind }) => kind === "folder").map((entry) => entry.path));
  return Object.fromEntries(
    names.map((name) => [prefix + name + (ofFolder.has(name) ? "/" : ""), hashes[name]!]),
  );
}

/** The service as the engine is told it: folders are volumes, and single files are no mounts at all. */
export function withoutSynced(service: Service, inputs: ServiceInputs): Service {
  const synced = syncedMounts(inputs);
  if (synced.length === 0 || !service.volumes) return service;
  const volumes = service.volumes.flatMap((mount): Mount[] => {
    const found = synced.find((one) => one.mount.target === mount.target);
    if (!found) return [mount];
    return found.file ? [] : [volumeOf(found, inputs)];
  });
  return { ...service, volumes };
}

/** Single files, which are put into the container itself. `root`: the project's folder. */
export async function syncedFiles(inputs: ServiceInputs, root: string): Promise<ContainerFile[]> {
  const files = syncedMounts(inputs).filter(({ file }) => file);
  return Promise.all(
    files.map(async (file) => {
      await demandSame(file, root);
      const source = join(root, file.path);
      const { mode } = await stat(source);
      const content = await readFile(source);
      return { target: file.mount.target ?? "", uid: 0, gid: 0, mode: mode & 0o7777, content };
    }),
  );
}

export interface Fill {
  /** The project's folder. */
  root: string;
  stack: string;
  signal?: AbortSignal;
  onStep?: (text: string) => void;
}

/** Uploads the folders that are not there yet. Returns the names of the volumes that were made. */
export async function fillFolders(engine: Engine, inputs: ServiceInputs, fill: Fill): Promise<string[]> {
  const filled: string[] = [];
  for (const folder of syncedMounts(inputs).filter(({ file }) => !file)) {
    const volume = volumeOf(folder, inputs).source!;
    if (filled.includes(volume) || (await isFilled(engine, volume, fill))) continue;
    await demandSame(folder, fill.root);
    await removeFillers(engine, inputs, fill.signal);
    fill.onStep?.(`upload ${folder.mount.source}`);
    await fillVolume(engine, inputs, folder, fill);
    filled.push(volume);
  }
  return filled;
}

/** Those that a run left which died while it uploaded, with the volumes that are half full. */
export async function removeFillers(
  engine: Engine,
  { project, service, synced }: ServiceInputs,
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
  inputs: ServiceInputs,
  folder: SyncedMount,
  { root, stack, signal }: Fill,
): Promise<void> {
  const { project, service, image, platform } = inputs;
  const { source, volume } = volumeOf(folder, inputs);
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
        [label.stack]: stack,
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
    await removeFillers(engine, inputs).catch(() => undefined);
    throw error;
  }
  await engine.delete(`/containers/${Id}`, { query: { force: true, v: true }, ok: [404], signal });
}

/** Of what a folder holds, or of the one file, whose path is "". */
async function entriesAt(root: string, path: string): Promise<FolderEntry[]> {
  const source = join(root, path);
  const unreadable = (cause: unknown) =>
    new K2Error("invalid-file", `./${path} cannot be uploaded: ${messageOf(cause)}`, { cause });
  try {
    const stats = await stat(source);
    if (stats.isFile()) {
      const { mode, size, mtimeMs: modified } = stats;
      return [{ path: "", kind: "file", mode: mode & 0o7777, size, modified, source }];
    }
    const entries = await listFolder(source);
    const full = new Set(entries.map((entry) => entry.path.split("/").slice(0, -1).join("/")));
    // Folders are there for what is in them, unless they are empty.
    return entries.filter(({ kind, path }) => kind !== "folder" || !full.has(path));
  } catch (error) {
    throw unreadable(error);
  }
}

/** What is uploaded is what was planned, or nothing. */
async function demandSame({ path, mount, hashes }: SyncedMount, root: string): Promise<void> {
  const now = await hashesOf(root, path);
  const changes = contextChanges(hashes, now);
  if (changes.length === 0) return;
  const shown = changes.slice(0, 5).join(", ") + (changes.length > 5 ? ", ..." : "");
  throw new K2Error("conflict", `${mount.source} is not what was planned: ${shown}`, {
    hint: "It was changed since, or is of an earlier deployment: only what is in the folder now can be uploaded. Run up again.",
  });
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

function volumeOf({ mount, path, hashes }: SyncedMount, { project, service }: ServiceInputs): Mount {
  const hash = createHash("sha256").update(JSON.stringify([project, service, path]));
  return {
    type: "volume",
    source: fileVolume(hash.update(wholeHash(hashes)).digest("hex")),
    target: mount.target,
    read_only: true,
    volume: { nocopy: true, labels: { [label.project]: project, [label.files]: mount.source! } },
  };
}
