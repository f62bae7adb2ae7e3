import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Pack, pack } from "tar-stream";
import type { FolderEntry } from "./list-folder.js";

type ArchiveEntry = FolderEntry & { uid?: number; gid?: number };

/**
 * A tar archive of the entries. The default owner is root, because local owners have no meaning on the engine, and an
 * image must not depend on the user that builds it. The stream fails if a file cannot be read.
 */
export function archiveOf(entries: readonly ArchiveEntry[]): Readable {
  const tar = pack();
  fill(tar, entries).catch((error: Error) => tar.destroy(error));
  return Readable.from(tar);
}

async function fill(tar: Pack, entries: readonly ArchiveEntry[]): Promise<void> {
  for (const entry of entries) {
    const { path, mode, size, modified, uid = 0, gid = 0 } = entry;
    const header = { name: path, mode, mtime: new Date(modified), uid, gid };
    if (entry.kind === "folder") tar.entry({ ...header, type: "directory" });
    else if (entry.kind === "link") tar.entry({ ...header, type: "symlink", linkname: entry.target });
    else if (entry.content !== undefined) tar.entry({ ...header, size }, entry.content);
    else await pipeline(createReadStream(entry.source), tar.entry({ ...header, size }));
  }
  tar.finalize();
}
