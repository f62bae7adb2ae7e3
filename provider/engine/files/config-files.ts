import { createHash } from "node:crypto";
import { posix } from "node:path";
import { buffer } from "node:stream/consumers";
import type { Executable } from "../../compose/source/file-contents.js";
import type { FileReference, Service } from "../../compose/types.js";
import { K2Error } from "../../shared/errors.js";
import type { Engine } from "../connection/connect.js";
import { type ContainerFile, uploads } from "../create-options/file-volumes.js";
import { archiveOf } from "./archive.js";

export { isFileVolume, type Upload, uploads } from "../create-options/file-volumes.js";

export interface FileContents {
  /** By name of the top-level config or secret. */
  configs: Record<string, Buffer | string>;
  secrets: Record<string, Buffer | string>;
  executable?: Executable | undefined;
}

/**
 * The configs and secrets of a service as files, by target. If two have the same target the secret wins, as with docker
 * compose.
 */
export function containerFiles(service: Service, contents: FileContents): ContainerFile[] {
  const files = new Map<string, ContainerFile>();
  const add =
    (
      kind: "config" | "secret",
      folder: string,
      from: FileContents["configs"],
      executable: Executable["configs"] = {},
    ) =>
    (reference: FileReference) => {
      const content = from[reference.source];
      if (content === undefined)
        throw new K2Error("invalid-file", `no content for ${kind} ${reference.source}`);
      const target = targetOf(reference, folder);
      const standard = executable[reference.source] === true ? 0o555 : 0o444;
      if (!isMounted(service, target)) files.set(target, file(reference, target, content, standard));
    };
  const { configs, secrets, executable } = contents;
  service.configs?.forEach(add("config", "/", configs, executable?.configs));
  service.secrets?.forEach(add("secret", "/run/secrets/", secrets, executable?.secrets));
  return [...files.values()].sort((a, b) => (a.target < b.target ? -1 : 1));
}

/**
 * Creates a tar archive that is unpacked in `folder`. The engine creates missing folders and leaves existing ones
 * unchanged.
 */
export async function filesTar(files: ContainerFile[], folder = "/", modified = new Date()): Promise<Buffer> {
  const entries = files.map(({ target, content, ...owner }) => ({
    ...{ path: posix.relative(folder, target), kind: "file" as const, ...owner },
    ...{ size: content.length, modified: modified.getTime(), content },
  }));
  return buffer(archiveOf(entries));
}

/** Copies files into a container's file system, or into its own volumes if that is read-only. */
export async function uploadFiles(
  engine: Engine,
  container: string,
  service: Service,
  files: ContainerFile[],
  signal?: AbortSignal,
): Promise<void> {
  const headers = { "content-type": "application/x-tar" };
  for (const { path, files: own } of uploads(service, files)) {
    const raw = await filesTar(own, path);
    await engine.put(`/containers/${container}/archive`, { query: { path }, raw, headers, signal });
  }
}

/**
 * For the label `k2-compose.files`: changes whenever a file's target, owner, mode or content does. Undefined without
 * files.
 */
export function filesHash(files: ContainerFile[]): string | undefined {
  if (files.length === 0) return undefined;
  const hash = createHash("sha256");
  for (const { target, uid, gid, mode, content } of files) {
    hash.update(`${JSON.stringify([target, uid, gid, mode, content.length])}\n`).update(content);
  }
  return hash.digest("hex");
}

function targetOf({ source, target }: FileReference, folder: string): string {
  const path = target || source;
  return path.startsWith("/") ? path : folder + path;
}

/** The service's own mount on the same path takes precedence. */
function isMounted(service: Service, target: string): boolean {
  return service.volumes?.some((volume) => volume.target === target) ?? false;
}

function file(
  { uid, gid, mode }: FileReference,
  target: string,
  content: Buffer | string,
  standard: number,
): ContainerFile {
  return {
    target,
    uid: number(uid, 10, 0),
    gid: number(gid, 10, 0),
    mode: number(mode, 8, standard),
    content: typeof content === "string" ? Buffer.from(content) : content,
  };
}

function number(text: string | undefined, radix: number, otherwise: number): number {
  if (!text) return otherwise;
  const value = Number.parseInt(text, radix);
  if (Number.isNaN(value))
    throw new K2Error("invalid-file", `"${text}" is not a number (uid, gid and mode are)`);
  return value;
}
