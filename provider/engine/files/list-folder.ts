/** Lists folders of this machine. */
import type { Stats } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";

/** A file, folder or link. */
export interface FolderEntry {
  /** Relative to the listed folder, with slashes. */
  path: string;
  kind: "file" | "folder" | "link";
  /** Permission bits, without the file type. */
  mode: number;
  size: number;
  /** Milliseconds. */
  modified: number;
  /** The target of a link. */
  target?: string;
  /** The path of a file's content; if absent, `content` holds it. */
  source?: string;
  content?: Buffer;
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
  const kind = kindOf(stats);
  if (kind === undefined) return undefined;
  const entry = { path, kind, mode: stats.mode & 0o7777, modified: stats.mtimeMs };
  if (kind === "file") return { ...entry, size: stats.size, source };
  if (kind === "folder") return { ...entry, size: 0, source };
  return { ...entry, size: 0, mode: 0o777, target: await readlink(source) };
}

function kindOf(stats: Stats): FolderEntry["kind"] | undefined {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "folder";
  // Sockets, pipes and devices only work on this machine.
  return stats.isSymbolicLink() ? "link" : undefined;
}
