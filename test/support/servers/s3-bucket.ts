/** A bucket with the part of S3 that Pulumi's backend uses, as a replacement for a cloud store. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

export interface Bucket {
  /** The value for PULUMI_BACKEND_URL. */
  url: string;
  /** Credentials, which are not checked. */
  env: Record<string, string>;
  objects: Map<string, Buffer>;
  close(): Promise<void>;
}

export async function openBucket(): Promise<Bucket> {
  const objects = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    answer(objects, request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const query = `region=here&endpoint=http://127.0.0.1:${port}&s3ForcePathStyle=true&disableSSL=true`;
  return {
    url: `s3://states?${query}`,
    env: {
      ...{ AWS_ACCESS_KEY_ID: "none", AWS_SECRET_ACCESS_KEY: "none", AWS_EC2_METADATA_DISABLED: "true" },
      AWS_REQUEST_CHECKSUM_CALCULATION: "when_required",
    },
    objects,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function answer(
  objects: Map<string, Buffer>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url!, "http://bucket");
  const key = decodeURIComponent(pathname).replace(/^\/states\/?/, "");
  const body = await buffer(request);
  const found = objects.get(key);
  if (key === "") return void response.writeHead(200, xml).end(listing(objects, searchParams));
  if (request.method === "PUT") {
    const source = request.headers["x-amz-copy-source"];
    if (source === undefined) objects.set(key, body);
    else objects.set(key, objects.get(decodeURIComponent(String(source)).replace(/^\/?states\//, ""))!);
    const copied = "<CopyObjectResult><ETag>&quot;1&quot;</ETag></CopyObjectResult>";
    return void response.writeHead(200, { ...xml, etag: '"1"' }).end(source === undefined ? "" : copied);
  }
  if (request.method === "DELETE") {
    objects.delete(key);
    return void response.writeHead(204).end();
  }
  if (!found) return void response.writeHead(404, xml).end("<Error><Code>NoSuchKey</Code></Error>");
  const head = { etag: '"1"', "content-length": found.length, "last-modified": new Date().toUTCString() };
  response.writeHead(200, head).end(request.method === "HEAD" ? undefined : found);
}

const xml = { "content-type": "application/xml" };

function listing(objects: Map<string, Buffer>, query: URLSearchParams): string {
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  const folderOf = (key: string) => {
    const end = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    return end === -1 ? undefined : key.slice(0, end + delimiter.length);
  };
  const folders = [...new Set(keys.flatMap((key) => folderOf(key) ?? []))];
  const files = keys.filter((key) => folderOf(key) === undefined);
  const now = new Date().toISOString();
  return `<ListBucketResult><Name>states</Name><IsTruncated>false</IsTruncated>${files
    .map(
      (key) =>
        `<Contents><Key>${key}</Key><LastModified>${now}</LastModified><ETag>&quot;1&quot;</ETag>` +
        `<Size>${objects.get(key)!.length}</Size></Contents>`,
    )
    .join(
      "",
    )}${folders.map((name) => `<CommonPrefixes><Prefix>${name}</Prefix></CommonPrefixes>`).join("")}</ListBucketResult>`;
}
