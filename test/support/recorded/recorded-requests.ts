/** Requests of a deployment in a readable form for fixtures, and sending them again. */
import { type IncomingMessage, request } from "node:http";
import { buffer, text } from "node:stream/consumers";
import { Readable } from "node:stream";
import { extract, pack } from "tar-stream";
import { engineRequest, engineTarget } from "../scripts.js";
import type { EngineUnderTest } from "../bed/http-engine.js";
import type { RecordedRequest } from "./recording-proxy.js";

export interface FixtureRequest {
  method: string;
  path: string;
  /** A JSON body; tar archives are in `files`. */
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
  const { status, text: output } = await engineRequest({ address: host.socket }, method, path, {
    ...content,
    deadlineMs: 120_000,
  });
  if (status >= 300) throw new Error(`${method} ${path}: ${status} ${output.trim()}`);
}

/** Copies an image between two engines; it keeps its id. */
export async function copyImage(name: string, from: EngineUnderTest, to: EngineUnderTest): Promise<void> {
  const image = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = { ...engineTarget(from.socket), path: `/images/${name}/get` };
    request(options, resolve).on("error", reject).end();
  });
  const path = "/images/load?quiet=1";
  const content = { body: image, type: "application/x-tar", deadlineMs: 120_000 };
  const { status, text: output } = await engineRequest({ address: to.socket }, "POST", path, content);
  if (image.statusCode !== 200 || status !== 200) throw new Error(`POST ${path}: ${status} ${output.trim()}`);
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
