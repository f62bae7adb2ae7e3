import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { FileContent, FolderEntry } from "./list-folder.js";

/**
 * Identifies a build context by content, independent of modification times, owners and the folder's location. The
 * hashes are per path, so that changed files can be listed.
 */
export async function contextHashes(entries: readonly FolderEntry[]): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const entry of entries) hashes[entry.path] = await hashOf(entry);
  return hashes;
}

/** One hash of all of them. */
export function wholeHash(hashes: Record<string, string>): string {
  const hash = createHash("sha256");
  for (const path of Object.keys(hashes).sort()) hash.update(`${path}\0${hashes[path]}\n`);
  return hash.digest("hex");
}

/** "+ added", "- removed" and "~ changed" paths, sorted by path. */
export function contextChanges(before: Record<string, string>, after: Record<string, string>): string[] {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return paths.flatMap((path) => {
    if (before[path] === after[path]) return [];
    return `${before[path] === undefined ? "+" : after[path] === undefined ? "-" : "~"} ${path}`;
  });
}

async function hashOf(entry: FolderEntry): Promise<string> {
  const { kind, mode } = entry;
  const target = kind === "link" ? entry.target : "";
  // Group and other permission bits differ from clone to clone; only the executable bit counts.
  const hash = createHash("sha256").update(`${kind} ${mode & 0o100 ? "x" : "-"} ${target}\n`);
  if (kind === "file") await addContent(hash, entry);
  return hash.digest("hex").slice(0, 16);
}

async function addContent(hash: Hash, { source, content }: FileContent): Promise<void> {
  if (content !== undefined) hash.update(content);
  else
    await pipeline(createReadStream(source), async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) hash.update(chunk);
    });
}
