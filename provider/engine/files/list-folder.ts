/** Lists folders of this machine. */
import { lstat, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";

export type FolderEntry = FileEntry | Folder | Link;

interface Entry {
  /** Relative to the listed folder, with slashes. */
  path: string;
  /** Permission bits, without the file type. */
  mode: number;
  size: number;
  /** Milliseconds. */
  modified: number;
}

type FileEntry = Entry & { kind: "file" } & FileContent;

/** The path of the content, or the content itself. */
export type FileContent = { source: string; content?: undefined } | { source?: undefined; content: Buffer };

interface Folder extends Entry {
  kind: "folder";
}

interface Link extends Entry {
  kind: "link";
  target: string;
}

interface Listing {
  /** Whether the entry is included; for a folder, only the folder itself. Default: all entries. */
  wanted?(entry: FolderEntry): boolean;
  /** Whether a folder may contain included entries. Default: every folder. */
  looksInto?(folder: FolderEntry): boolean;
  /** Converts the error of an unreadable folder; `path` is "" for the listed folder itself. */
  unreadable?(error: unknown, path: string): Error;
}

/** Folders come before their contents. Only files, folders and links are listed. */
export async function listFolder(folder: string, listing: Listing = {}): Promise<FolderEntry[]> {
  const entries: FolderEntry[] = [];
  await walk(folder, "", listing, entries);
  return sorted(entries);
}

/** In the order of the engine's walk: folders before their contents, and "a/b" before "a-b". */
export function sorted(entries: FolderEntry[]): FolderEntry[] {
  const key = ({ path }: FolderEntry) => path.replaceAll("/", "\0");
  return [...entries].sort((left, right) => (key(left) < key(right) ? -1 : 1));
}

async function walk(folder: string, under: string, listing: Listing, entries: FolderEntry[]): Promise<void> {
  const { wanted = () => true, looksInto = () => true } = listing;
  for (const name of await namesIn(join(folder, under), under, listing)) {
    const path = under === "" ? name : `${under}/${name}`;
    const entry = await entryOf(join(folder, path), path);
    if (entry === undefined) continue;
    if (wanted(entry)) entries.push(entry);
    if (entry.kind === "folder" && looksInto(entry)) await walk(folder, path, listing, entries);
  }
}

async function namesIn(folder: string, path: string, { unreadable }: Listing): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    throw unreadable ? unreadable(error, path) : error;
  }
}

async function entryOf(source: string, path: string): Promise<FolderEntry | undefined> {
  const stats = await lstat(source);
  const entry = { path, mode: stats.mode & 0o7777, size: 0, modified: stats.mtimeMs };
  if (stats.isFile()) return { ...entry, kind: "file", size: stats.size, source };
  if (stats.isDirectory()) return { ...entry, kind: "folder" };
  // Sockets, pipes and devices only work on this machine.
  return stats.isSymbolicLink()
    ? { ...entry, kind: "link", mode: 0o777, target: await readlink(source) }
    : undefined;
}
