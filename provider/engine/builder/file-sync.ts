import { createReadStream } from "node:fs";
import { decode, encode, number, text } from "../grpc/protobuf.js";
import type { FolderEntry } from "../files/list-folder.js";
import { GrpcError, grpcStatus, type GrpcCall } from "../grpc/grpc-server.js";
import { selected } from "./requested-files.js";

/** A folder that the builder may ask for by name. */
export type Folders = Record<string, readonly FolderEntry[]>;

/**
 * BuildKit's way of fetching a folder: it is told what is there, and asks for the files that it lacks. So a second
 * build sends only what changed.
 */
export async function diffCopy(call: GrpcCall, folders: Folders): Promise<void> {
  const name = metadata(call, "dir-name")[0] ?? "";
  const listed = folders[name];
  if (listed === undefined) throw new GrpcError(grpcStatus.notFound, `no folder "${name}"`);
  const entries = selected(listed, [...metadata(call, "include-patterns"), ...metadata(call, "followpaths")]);
  const said = sayWhatIsThere(call, entries);
  // Its failure is that of the loop below, too: the stream ends.
  said.catch(() => undefined);
  let sending: Promise<void> = said;
  for await (const message of call.messages) {
    const packet = decode(message);
    const type = number(packet, 1);
    if (type === packetType.error) throw new Error(Buffer.from(text(packet, 4)).toString());
    if (type === packetType.finish) {
      await sending;
      return call.send(encode({ 1: packetType.finish }));
    }
    if (type === packetType.request) {
      const id = number(packet, 3);
      sending = sending.then(() => sendFile(call, id, entries[id]));
      sending.catch(() => undefined);
    }
  }
}

const packetType = { stat: 0, request: 1, data: 2, finish: 3, error: 4 } as const;

async function sayWhatIsThere(call: GrpcCall, entries: readonly FolderEntry[]): Promise<void> {
  for (const entry of entries) await call.send(encode({ 1: packetType.stat, 2: statOf(entry) }));
  await call.send(encode({ 1: packetType.stat }));
}

/** Owner and group are always root's: an image must not depend on who builds it. */
function statOf({ path, kind, mode, size, modified, target }: FolderEntry): Buffer {
  return encode({
    1: path,
    2: goMode(kind, mode),
    5: size,
    6: BigInt(Math.round(modified * 1000)) * 1000n,
    7: target ?? "",
  });
}

/** Go's os.FileMode keeps kind and special bits elsewhere than Unix does. */
function goMode(kind: FolderEntry["kind"], mode: number): number {
  const special =
    (mode & 0o4000 ? 2 ** 23 : 0) + (mode & 0o2000 ? 2 ** 22 : 0) + (mode & 0o1000 ? 2 ** 20 : 0);
  return (mode & 0o777) + special + (kind === "folder" ? 2 ** 31 : kind === "link" ? 2 ** 27 : 0);
}

async function sendFile(call: GrpcCall, id: number, entry: FolderEntry | undefined): Promise<void> {
  if (entry?.kind !== "file") throw new Error(`no file ${id}`);
  const chunks = entry.content === undefined ? createReadStream(entry.source!) : [entry.content];
  for await (const chunk of chunks)
    if ((chunk as Buffer).length > 0)
      await call.send(encode({ 1: packetType.data, 3: id, 4: chunk as Buffer }));
  await call.send(encode({ 1: packetType.data, 3: id }));
}

/** Values come as repeated headers, which Node joins. */
function metadata({ metadata: headers }: GrpcCall, name: string): string[] {
  const value = headers[name];
  const values = Array.isArray(value) ? value : value === undefined ? [] : value.split(", ");
  return headers[`${name}-encoded`] === "1" ? values.map(decodeURIComponent) : values;
}
