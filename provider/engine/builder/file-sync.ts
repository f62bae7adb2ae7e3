import { createReadStream } from "node:fs";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { FolderEntry } from "../files/list-folder.js";
import type { GrpcCall } from "../grpc/grpc-server.js";
import { GrpcError, grpcStatus } from "../grpc/protocol.js";
import {
  Packet_PacketType as PacketType,
  type PacketSchema,
  type StatSchema,
} from "../grpc/proto/fsutil_pb.js";
import { selected } from "./requested-files.js";

type PacketCall = GrpcCall<typeof PacketSchema, typeof PacketSchema>;

/** Folders that the builder may request, by name. */
export type Folders = Record<string, readonly FolderEntry[]>;

/**
 * BuildKit's protocol for transferring a folder: it receives the list of files and requests those that it lacks, so
 * that a second build sends only what changed.
 */
export async function diffCopy(call: PacketCall, folders: Folders): Promise<void> {
  const name = metadata(call, "dir-name")[0] ?? "";
  const listed = folders[name];
  if (listed === undefined) throw new GrpcError(grpcStatus.notFound, `no folder "${name}"`);
  const entries = selected(listed, [...metadata(call, "include-patterns"), ...metadata(call, "followpaths")]);
  const said = sendListing(call, entries);
  // If this fails, the loop below fails too, because the stream ends.
  said.catch(() => undefined);
  let sending: Promise<void> = said;
  for await (const { type, id, data } of call.messages) {
    if (type === PacketType.PACKET_ERR) throw new Error(Buffer.from(data).toString());
    if (type === PacketType.PACKET_FIN) {
      await sending;
      return call.send({ type: PacketType.PACKET_FIN });
    }
    if (type === PacketType.PACKET_REQ) {
      sending = sending.then(() => sendFile(call, id, entries[id]));
      sending.catch(() => undefined);
    }
  }
}

async function sendListing(call: PacketCall, entries: readonly FolderEntry[]): Promise<void> {
  for (const entry of entries) await call.send({ type: PacketType.PACKET_STAT, stat: statOf(entry) });
  await call.send({ type: PacketType.PACKET_STAT });
}

/** Owner and group are always root, so that the image does not depend on the user that builds it. */
function statOf(entry: FolderEntry): MessageInitShape<typeof StatSchema> {
  const { path, kind, mode, size, modified } = entry;
  return {
    path,
    mode: goMode(kind, mode),
    size: BigInt(size),
    modTime: BigInt(Math.round(modified * 1000)) * 1000n,
    linkname: kind === "link" ? entry.target : "",
  };
}

/** Go's os.FileMode stores the file type and the special bits in other positions than Unix does. */
function goMode(kind: FolderEntry["kind"], mode: number): number {
  const special =
    (mode & 0o4000 ? 2 ** 23 : 0) + (mode & 0o2000 ? 2 ** 22 : 0) + (mode & 0o1000 ? 2 ** 20 : 0);
  return (mode & 0o777) + special + (kind === "folder" ? 2 ** 31 : kind === "link" ? 2 ** 27 : 0);
}

async function sendFile(call: PacketCall, id: number, entry: FolderEntry | undefined): Promise<void> {
  if (entry?.kind !== "file") throw new Error(`no file ${id}`);
  const chunks: AsyncIterable<Buffer> | Buffer[] =
    entry.content === undefined ? createReadStream(entry.source) : [entry.content];
  for await (const data of chunks)
    if (data.length > 0) await call.send({ type: PacketType.PACKET_DATA, id, data });
  await call.send({ type: PacketType.PACKET_DATA, id });
}

function metadata(call: PacketCall, name: string): string[] {
  const values = call.metadata(name);
  return call.metadata(`${name}-encoded`)[0] === "1" ? values.map(decodeURIComponent) : values;
}
