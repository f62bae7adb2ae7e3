import { created, done, missing, ok, type Route, taken, withLabels } from "./answers.js";
import { containerRoutes } from "./container-routes.js";
import { type FakeContents, type FakeVolume, repository } from "./contents.js";
import { swarmRoutes } from "./swarm-routes.js";

const engineRoutes: Route[] = [
  ["GET", /^\/_ping$/, () => ({ raw: "OK", type: "text/plain" })],
  [
    "GET",
    /^\/version$/,
    ({ apiVersion }) => ok({ Version: "fake", ApiVersion: apiVersion, MinAPIVersion: "1.24" }),
  ],
  [
    "GET",
    /^\/info$/,
    (contents) =>
      ok({
        ID: `ID-${contents.name}`,
        Name: contents.name,
        ServerVersion: "fake",
        OSType: "linux",
        Architecture: "x86_64",
        NCPU: 4,
        MemTotal: 8e9,
        SystemTime: new Date(contents.now()).toISOString(),
        ...(contents.swarm && { Swarm: memberOf(contents.swarm) }),
      }),
  ],
];

function memberOf({ of, node }: NonNullable<FakeContents["swarm"]>): object {
  const managers = [...of.nodes.values()].filter(({ Spec }) => Spec.Role === "manager");
  const isManager = managers.some(({ ID }) => ID === node);
  return {
    ...{ NodeID: node, LocalNodeState: "active", ControlAvailable: isManager },
    RemoteManagers: managers.map(({ ID, Status }) => ({ NodeID: ID, Addr: `${Status.Addr}:2377` })),
    ...(isManager && { Cluster: { ID: of.id } }),
  };
}

const networkRoutes: Route[] = [
  ["GET", /^\/networks$/, ({ networks }, { query }) => ok(withLabels([...networks.values()], query))],
  [
    "POST",
    /^\/networks\/create$/,
    (contents, { body }) => {
      const name = body.Name as string;
      if (contents.findNetwork(name)) return taken(`network with name ${name} already exists`);
      return created({ Id: contents.addNetwork(name, body).Id });
    },
  ],
  [
    "GET",
    /^\/networks\/([^/]+)$/,
    (contents, { names }) => {
      const network = contents.findNetwork(names[0]!);
      return network ? ok(network) : missing(`network: ${names[0]}`);
    },
  ],
  [
    "DELETE",
    /^\/networks\/([^/]+)$/,
    (contents, { names }) => {
      const network = contents.findNetwork(names[0]!);
      if (!network) return missing(`network: ${names[0]}`);
      const used = [...contents.containers.values()].some(
        (one) => one.State === "running" && network.Name in one.Networks,
      );
      if (used) return { status: 403, message: `network ${network.Name} has active endpoints` };
      contents.networks.delete(network.Id);
      return done;
    },
  ],
];

const volumeRoutes: Route[] = [
  [
    "GET",
    /^\/volumes$/,
    ({ volumes }, { query }) => ok({ Volumes: withLabels([...volumes.values()], query) }),
  ],
  [
    "POST",
    /^\/volumes\/create$/,
    ({ volumes }, { body }) => {
      const {
        Name,
        Driver = "local",
        Labels = {},
        DriverOpts: Options = {},
      } = body as Partial<FakeVolume> & {
        Name: string;
        DriverOpts?: Record<string, string>;
      };
      if (!volumes.has(Name)) volumes.set(Name, { Name, Driver, Labels, Options });
      return created(volumes.get(Name));
    },
  ],
  [
    "GET",
    /^\/volumes\/([^/]+)$/,
    ({ volumes }, { names }) =>
      volumes.has(names[0]!) ? ok(volumes.get(names[0]!)) : missing(`volume: ${names[0]}`),
  ],
  [
    "DELETE",
    /^\/volumes\/([^/]+)$/,
    ({ volumes }, { names }) => (volumes.delete(names[0]!) ? done : missing(`volume: ${names[0]}`)),
  ],
];

const imageRoutes: Route[] = [
  ["GET", /^\/images\/json$/, ({ images }) => ok([...images.values()])],
  [
    "GET",
    /^\/images\/(.+)\/json$/,
    (contents, { names }) => {
      const image = contents.findImage(names[0]!);
      if (!image) return missing(`image: ${names[0]}`);
      const rest = { Os: "linux", Architecture: "amd64", Size: 1e6, Created: "2026-01-01T00:00:00Z" };
      return ok({ ...image, ...rest, Config: { Labels: image.Labels } });
    },
  ],
  [
    "POST",
    /^\/images\/create$/,
    (contents, { query }) => {
      const [name, tag] = [query.get("fromImage")!, query.get("tag") ?? "latest"];
      const reference = tag.startsWith("sha256:") ? `${name}@${tag}` : `${name}:${tag}`;
      const digest = contents.registry.get(reference);
      if (digest === undefined)
        return { status: 404, message: `manifest for ${reference} not found: manifest unknown` };
      const image = contents.addImage(reference, digest);
      image.RepoTags = image.RepoTags.filter((one) => !one.includes("@"));
      image.RepoDigests = [...new Set([...image.RepoDigests, `${repository(name)}@${digest}`])];
      return { lines: pullLines(reference) };
    },
  ],
  [
    "POST",
    /^\/images\/(.+)\/tag$/,
    (contents, { names, query }) => {
      const image = contents.findImage(names[0]!);
      if (!image) return missing(`image: ${names[0]}`);
      const tag = `${query.get("repo")}:${query.get("tag")}`;
      for (const other of contents.images.values())
        other.RepoTags = other.RepoTags.filter((one) => one !== tag);
      image.RepoTags.push(tag);
      return { status: 201, json: null };
    },
  ],
  [
    "GET",
    /^\/distribution\/(.+)\/json$/,
    ({ registry }, { names }) => {
      const digest = registry.get(names[0]!);
      return digest ? ok({ Descriptor: { digest } }) : { status: 404, message: "manifest unknown" };
    },
  ],
];

function pullLines(reference: string): object[] {
  const layers = ["a1", "b2"].flatMap((id) => [
    { id, status: "Pulling fs layer" },
    { id, status: "Downloading", progressDetail: { current: 500_000, total: 1_000_000 } },
    { id, status: "Downloading", progressDetail: { current: 1_000_000, total: 1_000_000 } },
    { id, status: "Download complete" },
    { id, status: "Pull complete" },
  ]);
  return [{ status: `Pulling from ${reference}` }, ...layers, { status: `Status: Downloaded newer image` }];
}

export const routes: Route[] = [
  ...engineRoutes,
  ...containerRoutes,
  ...networkRoutes,
  ...volumeRoutes,
  ...imageRoutes,
  ...swarmRoutes,
];
