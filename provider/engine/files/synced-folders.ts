/**
 * Uploaded folders. Each content is stored in a volume of its own name, so that replaced containers keep their old
 * volumes and unchanged content is sent only once.
 */
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Mount, Service } from "../../compose/types.js";
import { K2Error, messageOf } from "../../shared/errors.js";
import { fieldOf } from "../../shared/lookup.js";
import type { ServiceInputs } from "../../model/kinds.js";
import { label } from "../../model/labels.js";
import { type SyncedMount, syncedMounts } from "../../model/plan/upload-mounts.js";
import { contextChanges, contextHashes, wholeHash } from "./content-hash.js";
import { type ContainerFile, fileVolume } from "../create-options/file-volumes.js";
import { type FolderEntry, listFolder } from "./list-folder.js";

/** Larger folders are represented by one hash, to keep lists of whole repositories out of the state. */
const mostFiles = 200;

/** Hashes by path relative to `root`, for the content of `path` below it. Throws K2Error if the path does not exist. */
export async function hashesOf(root: string, path: string): Promise<Record<string, string>> {
  const entries = await entriesAt(root, path);
  const hashes = await contextHashes(entries);
  const names = Object.keys(hashes);
  const [ofFile] = names.length === 1 ? [hashes[""]] : [];
  const prefix = path === "" ? "" : `${path}/`;
  if (ofFile !== undefined) return { [path]: ofFile };
  if (names.length > mostFiles) return { [`${prefix}(${names.length} files)`]: wholeHash(hashes) };
  if (names.length === 0) return { [prefix || "./"]: "empty" };
  const ofFolder = new Set(entries.filter(({ kind }) => kind === "folder").map((entry) => entry.path));
  return Object.fromEntries(
    Object.entries(hashes).map(([name, hash]) => [prefix + name + (ofFolder.has(name) ? "/" : ""), hash]),
  );
}

/** Whose the uploads are, and what they are. */
export type Uploads = Pick<
  ServiceInputs,
  "project" | "service" | "image" | "platform" | "volumes" | "synced"
>;

/** Uploads that neither a host has, according to `isThere` for their volume, nor the folder still contains. */
export async function goneUploads(
  inputs: Uploads,
  root: string,
  isThere: (volume: string) => boolean,
): Promise<string[]> {
  const gone: string[] = [];
  for (const one of syncedMounts(inputs)) {
    if (!one.file && isThere(volumeOf(one, inputs).source)) continue;
    const now = await hashesOf(root, one.path).catch(() => undefined);
    if (!now || contextChanges(one.hashes, now).length > 0) gone.push(fieldOf(one.mount, "source"));
  }
  return gone;
}

/** The service as the engine gets it: folders become volumes, and single files are not mounted. */
export function withoutSynced(service: Service, inputs: Uploads): Service {
  const synced = syncedMounts(inputs);
  if (synced.length === 0 || !service.volumes) return service;
  const volumes = service.volumes.flatMap((mount): Mount[] => {
    const found = synced.find((one) => one.mount.target === mount.target);
    if (!found) return [mount];
    return found.file ? [] : [volumeOf(found, inputs)];
  });
  return { ...service, volumes };
}

/** Single files, which are copied into the container itself. `root`: the project's folder. */
export async function syncedFiles(inputs: Uploads, root: string): Promise<ContainerFile[]> {
  const files = syncedMounts(inputs).filter(({ file }) => file);
  return Promise.all(
    files.map(async (file) => {
      await assertSameContent(file, root);
      const source = join(root, file.path);
      const { mode } = await stat(source);
      const content = await readFile(source);
      return { target: file.mount.target ?? "", uid: 0, gid: 0, mode: mode & 0o7777, content };
    }),
  );
}

/** The entries of a folder, or the single file, whose path is "". */
export async function entriesAt(root: string, path: string): Promise<FolderEntry[]> {
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
    // Folders are listed only if they are empty; otherwise their contents imply them.
    return entries.filter(({ kind, path }) => kind !== "folder" || !full.has(path));
  } catch (error) {
    throw unreadable(error);
  }
}

/** Throws unless the content is still the planned one. */
export async function assertSameContent({ path, mount, hashes }: SyncedMount, root: string): Promise<void> {
  const now = await hashesOf(root, path);
  const changes = contextChanges(hashes, now);
  if (changes.length === 0) return;
  const shown = changes.slice(0, 5).join(", ") + (changes.length > 5 ? ", ..." : "");
  throw new K2Error("conflict", `${mount.source} differs from the plan: ${shown}`, {
    hint: "It was changed since, or belongs to an earlier deployment: only the current content of the folder can be uploaded. Run up again.",
  });
}

interface UploadVolume extends Mount {
  source: string;
  volume: { nocopy: true; labels: Record<string, string> };
}

/** The volume that replaces the folder. */
export function volumeOf({ mount, path, hashes }: SyncedMount, { project, service }: Uploads): UploadVolume {
  const hash = createHash("sha256").update(JSON.stringify([project, service, path]));
  return {
    type: "volume",
    source: fileVolume(hash.update(wholeHash(hashes)).digest("hex")),
    target: mount.target,
    read_only: true,
    volume: {
      nocopy: true,
      labels: {
        [label.project]: project,
        [label.files]: fieldOf(mount, "source"),
        [label.filesOf]: `${project}/${service}`,
      },
    },
  };
}
