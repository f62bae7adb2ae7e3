/** The text files of an image's /docs, read from a container that is made for it and never started. */
import { extract } from "tar-stream";
import type { Engine } from "../provider/engine/connect.js";
import { inPath } from "../provider/engine/image.js";
import { K2Error } from "../provider/errors.js";

export interface Doc {
  /** "docs/readme.txt" */
  name: string;
  text: string;
}

/** Undefined if the image has no /docs. */
export async function imageDocs(
  engine: Engine,
  image: string,
  signal?: AbortSignal,
): Promise<Doc[] | undefined> {
  // An image may have no command of its own, which creating demands.
  const body = { Image: inPath(image), Cmd: ["true"], Labels: { "k2-compose.help": "" } };
  const { Id } = await engine.post<{ Id: string }>("/containers/create", { body, signal });
  try {
    return await readDocs(engine, Id, signal);
  } catch (error) {
    if (K2Error.is(error) && error.status === 404) return undefined;
    throw error;
  } finally {
    await engine.delete(`/containers/${Id}`, { query: { force: true, v: true }, ok: [404] });
  }
}

async function readDocs(engine: Engine, id: string, signal: AbortSignal | undefined): Promise<Doc[]> {
  const archive = await engine.stream("GET", `/containers/${id}/archive`, {
    query: { path: "/docs" },
    signal,
  });
  const docs: Doc[] = [];
  const entries = extract();
  archive.on("error", (error) => entries.destroy(error));
  archive.pipe(entries);
  for await (const entry of entries) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    if (entry.header.type === "file")
      docs.push({ name: entry.header.name, text: Buffer.concat(chunks).toString("utf8") });
  }
  return docs.sort((a, b) => a.name.localeCompare(b.name));
}
