/** Files of Pulumi's file backend and of k2-compose's own folder, read with the reason of a failure. */
import { readdirSync, readFileSync } from "node:fs";
import * as zlib from "node:zlib";
import { K2Error, systemCodeOf } from "../../provider/shared/errors.js";
import { systemFailure } from "../terminal/system-failure.js";

/** Endings of Pulumi's documents, by compression. */
export const documentEndings = [".json", ".json.gz", ".json.zst"];

/** Undefined if there is no such file. Throws K2Error if it cannot be read. */
export function readIfAny(file: string): Buffer | undefined {
  return ifAny(file, () => readFileSync(file));
}

/** Empty if there is no such folder. */
export function namesIn(folder: string): string[] {
  return ifAny(folder, () => readdirSync(folder)) ?? [];
}

function ifAny<T>(path: string, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(systemCodeOf(error))) return undefined;
    throw systemFailure(error, path) ?? error;
  }
}

/** Throws if the content is not JSON in the compression that the name tells. */
export function decodeDocument(data: Buffer, file: string): unknown {
  return JSON.parse(decompressed(data, file).toString("utf8"));
}

/** Node.js has zstd since 22.15. */
const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (data: Buffer) => Buffer };

export function canDecode(file: string): boolean {
  return !isZstd(file) || zstdDecompressSync !== undefined;
}

function isZstd(file: string): boolean {
  return /\.zst(\.bak)?$/.test(file);
}

function decompressed(data: Buffer, file: string): Buffer {
  if (/\.gz(\.bak)?$/.test(file)) return zlib.gunzipSync(data);
  if (!isZstd(file)) return data;
  if (zstdDecompressSync) return zstdDecompressSync(data);
  throw new K2Error("usage", "this version of Node.js cannot read states compressed with zstd", {
    at: file,
    hint: "Use Node.js 22.15 or later, or PULUMI_DIY_BACKEND_GZIP instead.",
  });
}
