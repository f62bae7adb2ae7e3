/** Reads the text files in an image's /docs, from a container that is created for this and never started. */
import { createContainer } from "../../provider/engine/containers/create.js";
import { filesAt } from "../../provider/engine/files/container-files.js";
import type { Engine } from "../../provider/engine/connection/connect.js";
import { inPath } from "../../provider/model/images/reference.js";

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
  // Creating a container requires a command, which the image may not have.
  const body = { Image: inPath(image), Cmd: ["true"], Labels: { "k2-compose.help": "" } };
  const id = await createContainer(engine, { body }, signal);
  try {
    const files = await filesAt(engine, id, "/docs", signal);
    const docs = files?.map(({ name, content }) => ({ name, text: content.toString("utf8") }));
    return docs?.sort((a, b) => a.name.localeCompare(b.name));
  } finally {
    await engine.delete(`/containers/${id}`, { query: { force: true, v: true }, ok: [404] });
  }
}
