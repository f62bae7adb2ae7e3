/** Requests of a deployment as a fixture holds them, readable, and how they are sent again. */
import { request } from "node:http";
import { buffer, text } from "node:stream/consumers";
import { Readable } from "node:stream";
import { extract, pack } from "tar-stream";
import { engineRequest } from "../scripts.js";
import type { EngineUnderTest } from "../bed/http-engine.js";
import type { RecordedRequest } from "./recording-proxy.js";

export interface FixtureRequest {
  method: string;
  path: string;
  /** Of JSON, or of a tar archive. */
  body?: unknown;
  files?: ArchivedFile[];
}

interface ArchivedFile {
  name: string;
  mode: number;
  uid: number;
  gid: number;
  content: string;
}

export async function fixtureRequest({ method, path, body }: RecordedRequest): Promise<FixtureRequest> {
  if (/\/archive\?/.test(path)) return { method, path, files: await unpacked(body) };
  return { method, path, ...(body.length > 0 && { body: JSON.parse(body.toString()) as unknown }) };
}

export async function send(
  host: EngineUnderTest,
  { method, path, body, files }: FixtureRequest,
): Promise<void> {
  const content = files
    ? { body: await archive(files), type: "application/x-tar" }
    : body !== undefined && { body: JSON.stringify(body), type: "application/json" };
  const { status, text: said } = await engineRequest({ address: host.socket }, method, path, {
    ...content,
    deadlineMs: 120_000,
  });
  if (status >= 300) throw new Error(`${method} ${path}: ${status} ${said.trim()}`);
}

/** Between two engines, under the same id. */
export function copyImage(name: string, from: EngineUnderTest, to: EngineUnderTest): Promise<void> {
  const socketPath = (host: EngineUnderTest) => new URL(host.socket).pathname;
  return new Promise((resolve, reject) => {
    const path = "/images/load?quiet=1";
    const load = request({ socketPath: socketPath(to), method: "POST", path }, (answer) => {
      void text(answer).then((said) =>
        answer.statusCode === 200 ? resolve() : reject(new Error(`POST ${path}: ${said}`)),
      );
    });
    load.on("error", reject);
    const save = request({ socketPath: socketPath(from), path: `/images/${name}/get` }, (image) => {
      image.on("error", reject).pipe(load);
    });
    save.on("error", reject).end();
  });
}

async function archive(files: ArchivedFile[]): Promise<Buffer> {
  const tar = pack();
  for (const { content, ...header } of files) tar.entry({ ...header, mtime: new Date(0) }, content);
  tar.finalize();
  return buffer(tar);
}

async function unpacked(body: Buffer): Promise<ArchivedFile[]> {
  const files: ArchivedFile[] = [];
  for await (const entry of Readable.from([body]).pipe(extract())) {
    const { name, mode = 0, uid = 0, gid = 0 } = entry.header;
    files.push({ name, mode, uid, gid, content: await text(entry) });
  }
  return files;
}
