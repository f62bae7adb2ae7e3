import { createHash } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { comparable, type RecordedCreate } from "./create-body.js";

/**
 * Accepts all requests, for any API version, and records those that create something, so that docker compose's
 * requests can be recorded even for attributes that no available engine supports. Nothing runs in it.
 */
export async function startRecordingEngine(apiVersion: string): Promise<RecordingEngine> {
  const creates: RecordedCreate[] = [];
  const containers: Container[] = [];
  const server = createServer((request, response) => {
    void answer(request, { apiVersion, creates, containers }).then(([status, body]) => {
      response.writeHead(status, {
        "Api-Version": apiVersion,
        "Content-Type": "application/json",
        Ostype: "linux",
      });
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { address, creates, close };
}

export interface RecordingEngine {
  /** The value for DOCKER_HOST. */
  address: string;
  creates: RecordedCreate[];
  close(): Promise<void>;
}

/** The id of every image. */
export const recordedImage = `sha256:${"1".repeat(64)}`;

/** The id that the recording engine gives to a container of this name. */
export function recordedId(name: string): string {
  return createHash("sha256").update(name).digest("hex");
}

interface Container {
  Id: string;
  Names: string[];
  Labels: Record<string, string>;
  State: string;
  Image: string;
}

interface Memory {
  apiVersion: string;
  creates: RecordedCreate[];
  containers: Container[];
}

type Answer = [status: number, body: unknown];

async function answer(request: IncomingMessage, memory: Memory): Promise<Answer> {
  const url = new URL(request.url ?? "/", "http://engine");
  const path = url.pathname.replace(/^\/v[\d.]+/, "");
  if (request.method === "POST") return create(path, url, JSON.parse((await text(request)) || "{}"), memory);
  return look(path, url, memory);
}

function create(path: string, url: URL, body: Record<string, unknown>, memory: Memory): Answer {
  const query = Object.fromEntries(url.searchParams);
  memory.creates.push({ path, query, body: comparable(body) });
  if (path === "/containers/create") {
    const Id = recordedId(query.name ?? "");
    const { Labels, Image } = body as { Labels: Record<string, string>; Image: string };
    memory.containers.push({ Id, Names: [`/${query.name}`], Labels, Image, State: "created" });
    return [201, { Id, Warnings: [] }];
  }
  return [201, { Id: String(body.Name), Name: body.Name, Labels: body.Labels }];
}

function look(path: string, url: URL, { apiVersion, containers }: Memory): Answer {
  if (path === "/_ping") return [200, "OK"];
  if (path === "/version")
    return [200, { ApiVersion: apiVersion, MinAPIVersion: "1.24", Os: "linux", Arch: "amd64" }];
  if (path === "/info") return [200, { ID: "recording", OSType: "linux", Architecture: "x86_64" }];
  if (path === "/volumes") return [200, { Volumes: [] }];
  if (path === "/containers/json") return [200, containers.filter(matches(url.searchParams.get("filters")))];
  const [, kind, name] = /^\/(images|containers|networks|volumes)\/(.+?)(?:\/json)?$/.exec(path) ?? [];
  if (kind === "images") return [200, image(decodeURIComponent(name ?? ""))];
  const container = containers.find(({ Id }) => Id === name);
  if (container) return [200, inspected(container)];
  return path === "/networks" ? [200, []] : [404, { message: `no such object: ${path}` }];
}

function inspected({ Id, Names, Labels, State }: Container): unknown {
  return {
    Id,
    Name: Names[0],
    Config: { Labels },
    State: { Status: State },
    NetworkSettings: { Networks: {} },
  };
}

/** Answers for every image name, with the architecture that its tag ends with. */
function image(name: string): unknown {
  const architecture = /-(arm64|arm|386)$/.exec(name)?.[1] ?? "amd64";
  const variant = architecture === "arm" ? "v7" : "";
  return {
    Id: recordedImage,
    RepoTags: [name],
    Os: "linux",
    Architecture: architecture,
    Variant: variant,
    Config: {},
  };
}

function matches(filters: string | null): (container: Container) => boolean {
  const { label = {} } = JSON.parse(filters ?? "{}") as { label?: Record<string, boolean> | string[] };
  const wanted = Array.isArray(label) ? label : Object.keys(label);
  return ({ Labels }) =>
    wanted.every((pair) => {
      const [key = "", ...value] = pair.split("=");
      return value.length === 0 ? key in Labels : Labels[key] === value.join("=");
    });
}
