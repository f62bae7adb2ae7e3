/** Reads files of a container from the engine. */
import { extract } from "tar-stream";
import { K2Error } from "../../shared/errors.js";
import type { Engine } from "../connection/connect.js";

interface ArchivedFile {
  /** Relative to the folder that contains `path`: "docs/readme.txt". */
  name: string;
  content: Buffer;
}

/** Returns the files at a path, or below it. Undefined if the path does not exist. */
export async function filesAt(
  engine: Engine,
  id: string,
  path: string,
  signal?: AbortSignal,
): Promise<ArchivedFile[] | undefined> {
  try {
    const archive = await engine.stream("GET", `/containers/${id}/archive`, { query: { path }, signal });
    const entries = extract();
    archive.on("error", (error) => entries.destroy(error));
    archive.pipe(entries);
    const files: ArchivedFile[] = [];
    for await (const entry of entries) {
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      if (entry.header.type === "file")
        files.push({ name: entry.header.name, content: Buffer.concat(chunks) });
    }
    return files;
  } catch (error) {
    if (K2Error.is(error) && error.status === 404) return undefined;
    throw error;
  }
}
