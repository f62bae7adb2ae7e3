/** Image archives in the format of `docker save`, in transit from engine to engine. */
import { createHash } from "node:crypto";
import { posix } from "node:path";
import { pipeline as pipe, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract, type Extract, type Header, pack, type Pack } from "tar-stream";
import { type Described, sha256, type Spare } from "./shared-layers.js";

type Entry = Extract extends AsyncIterable<infer E> ? E : never;

/**
 * Returns the archive without the spared layers; `onSpared` receives the number of omitted bytes. It fails if the
 * source fails.
 */
export function withoutSpared(archive: Readable, spare: Spare, onSpared?: (bytes: number) => void): Pack {
  const entries = extract();
  const tar = pack();
  // The error is reported by the entries.
  pipe(archive, entries, () => undefined);
  copy(entries, tar, spare, onSpared).catch((error: Error) => tar.destroy(error));
  return tar;
}

async function copy(entries: Extract, tar: Pack, spare: Spare, onSpared?: (bytes: number) => void) {
  const folders = new Set<string>();
  const sizes = new Map<string, number>();
  for await (const entry of entries) {
    const { header } = entry;
    if (isSpared(header, spare, folders)) {
      onSpared?.(header.size);
      entry.resume();
    } else if (header.type === "file") {
      const { digest, content } = await passOn(entry, tar);
      sizes.set(digest, header.size);
      if (isOfSpared(header.name, content, spare)) folders.add(posix.dirname(header.name));
    } else {
      tar.entry(header);
      entry.resume();
    }
  }
  if (spare.described) describe(tar, spare.described, sizes);
  tar.finalize();
}

/** Links to layers that occur twice do not count as spared bytes. */
function isSpared({ name, type }: Header, { blobs, all }: Spare, folders: Set<string>): boolean {
  if (type !== "file") return false;
  const digest = /^blobs\/(\w+)\/(\w+)$/.exec(name);
  if (digest) return blobs.has(`${digest[1]}:${digest[2]}`);
  return posix.basename(name) === "layer.tar" && (all || folders.has(posix.dirname(name)));
}

/** Returns the content of small files as well. */
async function passOn(entry: Entry, tar: Pack): Promise<{ digest: string; content?: Buffer }> {
  const hash = createHash("sha256");
  const chunks: Buffer[] | undefined = entry.header.size < 100_000 ? [] : undefined;
  await pipeline(
    entry,
    async function* (source: Entry) {
      for await (const chunk of source as AsyncIterable<Buffer>) {
        hash.update(chunk);
        chunks?.push(chunk);
        yield chunk;
      }
    },
    tar.entry(entry.header),
  );
  const digest = `sha256:${hash.digest("hex")}`;
  return { digest, ...(chunks && { content: Buffer.concat(chunks) }) };
}

/**
 * Whether the file describes a spared layer. Engines before 25 put such a file into every layer's folder, and name the
 * folder by a digest of the file's content, the layer's chain id, and the name of the folder of the layer below (moby's
 * image/v1: CreateID). The file of the topmost layer contains more and is not recognized in this way.
 */
function isOfSpared(name: string, content: Buffer | undefined, { chains }: Spare): boolean {
  if (!/^[0-9a-f]{64}\/json$/.test(name) || content === undefined) return false;
  const { id, parent, container_config, created } = JSON.parse(content.toString("utf8")) as V1;
  const below = parent === undefined ? {} : { parent: `sha256:${parent}` };
  return chains.some((chain) => {
    return sha256(JSON.stringify({ container_config, created, layer_id: chain, ...below })) === id;
  });
}

interface V1 {
  id: string;
  parent?: string;
  created: string;
  container_config: object;
}

/**
 * Adds the descriptions that containerd needs of an archive that was not written for it; of duplicate entries, the last
 * one counts.
 */
function describe(tar: Pack, { config, layers }: Described, sizes: Map<string, number>): void {
  const docker = "application/vnd.docker.distribution.manifest.v2+json";
  const file = (mediaType: string, digest: string, size: number) => ({ mediaType, digest, size });
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: docker,
    config: file("application/vnd.docker.container.image.v1+json", config, sizes.get(config) ?? 0),
    layers: layers.map(({ diffId, there }) => {
      const digest = there?.digest ?? diffId;
      const type = `application/vnd.docker.image.rootfs.diff.tar${digest === diffId ? "" : ".gzip"}`;
      return file(type, digest, there?.size ?? sizes.get(diffId) ?? 0);
    }),
  });
  const digest = sha256(manifest);
  const index = {
    schemaVersion: 2,
    manifests: [file(docker, `sha256:${digest}`, Buffer.byteLength(manifest))],
  };
  tar.entry({ name: `blobs/sha256/${digest}` }, manifest);
  tar.entry({ name: "index.json" }, JSON.stringify(index));
  tar.entry({ name: "oci-layout" }, JSON.stringify({ imageLayoutVersion: "1.0.0" }));
}
