import type { FakeContainer, FakeContents } from "./contents.js";
import { statsOf } from "./stats.js";
import {
  type Answer,
  type Asked,
  created,
  done,
  missing,
  ok,
  type Route,
  taken,
  withLabels,
} from "./answers.js";

export const containerRoutes: Route[] = [
  ["GET", /^\/containers\/json$/, list],
  ["POST", /^\/containers\/create$/, create],
  ["GET", /^\/containers\/([^/]+)\/json$/, on((contents, container) => ok(inspected(contents, container)))],
  ["POST", /^\/containers\/([^/]+)\/start$/, on(start)],
  ["POST", /^\/containers\/([^/]+)\/stop$/, on((_, container) => stop(container, 0))],
  ["POST", /^\/containers\/([^/]+)\/kill$/, on((_, container) => stop(container, 137))],
  [
    "POST",
    /^\/containers\/([^/]+)\/restart$/,
    on((contents, container, asked) => {
      stop(container, 0);
      return start(contents, container, asked);
    }),
  ],
  [
    "DELETE",
    /^\/containers\/([^/]+)$/,
    on((contents, container, { query }) => {
      if (container.State === "running" && !isTrue(query.get("force")))
        return taken(`You cannot remove a running container ${container.Id}`);
      contents.containers.delete(container.Id);
      return done;
    }),
  ],
  [
    "POST",
    /^\/containers\/([^/]+)\/rename$/,
    on((contents, container, { query }) => {
      const name = query.get("name")!;
      if (contents.findContainer(name))
        return taken(`Conflict. The container name "/${name}" is already in use`);
      container.Name = name;
      return done;
    }),
  ],
  ["POST", /^\/containers\/([^/]+)\/wait$/, on((_, container) => ok({ StatusCode: container.ExitCode }))],
  ["GET", /^\/containers\/([^/]+)\/logs$/, on(logs)],
  ["GET", /^\/containers\/([^/]+)\/stats$/, on(stats)],
  [
    "PUT",
    /^\/containers\/([^/]+)\/archive$/,
    on((_, container, { query }) => {
      container.archives.push(query.get("path")!);
      return ok(null);
    }),
  ],
  ["POST", /^\/networks\/([^/]+)\/connect$/, join],
];

type OnContainer = (contents: FakeContents, container: FakeContainer, asked: Asked) => Answer;

function on(handler: OnContainer): Route[2] {
  return (contents, asked) => {
    const container = contents.findContainer(asked.names[0]!);
    return container ? handler(contents, container, asked) : missing(`container: ${asked.names[0]}`);
  };
}

function list(contents: FakeContents, { query }: Asked): Answer {
  const all = [...contents.containers.values()].filter(
    (one) => isTrue(query.get("all")) || one.State === "running",
  );
  const rows = all.map((container) => ({
    Id: container.Id,
    Names: [`/${container.Name}`],
    Image: container.Config.Image,
    ImageID: container.ImageID,
    State: container.State,
    Status: statusText(contents, container),
    Created: container.Created,
    Labels: container.Config.Labels,
    NetworkSettings: { Networks: container.Networks },
    Mounts: mountsOf(container),
    Ports: [],
  }));
  return ok(withLabels(rows, query));
}

function create(contents: FakeContents, { query, body }: Asked): Answer {
  const name = query.get("name") ?? `unnamed-${contents.containers.size}`;
  const other = contents.findContainer(name);
  if (other)
    return taken(`Conflict. The container name "/${name}" is already in use by container "${other.Id}"`);
  const {
    HostConfig = {},
    NetworkingConfig = {},
    ...config
  } = body as Record<string, Record<string, unknown>>;
  const image = contents.findImage(config.Image as unknown as string);
  if (!image) return missing(`image: ${String(config.Image)}`);
  const container: FakeContainer = {
    Id: contents.newId(),
    Name: name,
    Config: { Labels: {}, ...config } as unknown as FakeContainer["Config"],
    HostConfig,
    ImageID: image.Id,
    State: "created",
    ExitCode: 0,
    Created: Math.floor(contents.now() / 1000),
    Networks: {},
    archives: [],
  };
  for (const network of Object.keys((NetworkingConfig.EndpointsConfig as object | undefined) ?? {}))
    attach(contents, container, network);
  contents.containers.set(container.Id, container);
  return created({ Id: container.Id, Warnings: [] });
}

function start(contents: FakeContents, container: FakeContainer, _asked: Asked): Answer {
  if (container.State === "running") return { status: 304 };
  const port = portsOf(container).find((wanted) =>
    [...contents.containers.values()].some((one) => one.State === "running" && portsOf(one).includes(wanted)),
  );
  if (port !== undefined)
    return { status: 500, message: `Bind for 0.0.0.0:${port} failed: port is already allocated` };
  const { exitCode } = contents.behaviourOf(container);
  container.State = exitCode === undefined ? "running" : "exited";
  container.ExitCode = exitCode ?? 0;
  return done;
}

function stop(container: FakeContainer, exitCode: number): Answer {
  if (container.State !== "running") return { status: 304 };
  container.State = "exited";
  container.ExitCode = exitCode;
  return done;
}

function logs(contents: FakeContents, container: FakeContainer): Answer {
  const text = Buffer.from(contents.behaviourOf(container).log ?? `${container.Name} says hello\n`);
  const header = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(text.length, 4);
  return { raw: Buffer.concat([header, text]), type: "application/vnd.docker.multiplexed-stream" };
}

/** Streams statistics until the container ends. As on real engines, the first line has no previous values. */
function stats(contents: FakeContents, container: FakeContainer): Answer {
  let count = 0;
  const line = () => {
    if (!contents.containers.has(container.Id) || container.State !== "running") return undefined;
    contents.statsLines++;
    return statsOf(container, ++count);
  };
  return { every: contents.statsEvery, line };
}

function join(contents: FakeContents, { names, body }: Asked): Answer {
  const container = contents.findContainer(body.Container as string);
  if (!container) return missing(`container: ${String(body.Container)}`);
  return attach(contents, container, names[0]!) ? ok(null) : missing(`network: ${names[0]}`);
}

function attach(contents: FakeContents, container: FakeContainer, reference: string): boolean {
  const network = contents.findNetwork(reference);
  if (network) container.Networks[network.Name] = { NetworkID: network.Id, IPAddress: "172.17.0.9" };
  return network !== undefined;
}

function inspected(contents: FakeContents, container: FakeContainer): object {
  const { health } = contents.behaviourOf(container);
  const running = container.State === "running";
  return {
    Id: container.Id,
    Name: `/${container.Name}`,
    Image: container.ImageID,
    Created: new Date(container.Created * 1000).toISOString(),
    RestartCount: 0,
    Config: container.Config,
    HostConfig: container.HostConfig,
    Mounts: mountsOf(container),
    NetworkSettings: { Networks: container.Networks, Ports: {} },
    State: {
      Status: container.State,
      Running: running,
      ExitCode: container.ExitCode,
      ...(health && running ? { Health: { Status: health, FailingStreak: 0, Log: [] } } : {}),
    },
  };
}

function statusText(contents: FakeContents, container: FakeContainer): string {
  if (container.State === "exited") return `Exited (${container.ExitCode}) 2 seconds ago`;
  if (container.State !== "running") return "Created";
  const { health } = contents.behaviourOf(container);
  if (health === undefined) return "Up 2 seconds";
  return `Up 2 seconds (${health === "starting" ? "health: starting" : health})`;
}

function portsOf(container: FakeContainer): string[] {
  const bindings = (container.HostConfig.PortBindings ?? {}) as Record<string, { HostPort?: string }[]>;
  return Object.values(bindings)
    .flat()
    .map(({ HostPort }) => HostPort ?? "")
    .filter((port) => port !== "");
}

/** Returns mounts of both syntaxes, in the format of lists and inspections. */
function mountsOf({ HostConfig }: FakeContainer): object[] {
  const mounts = (HostConfig.Mounts ?? []) as {
    Type: string;
    Source?: string;
    Target: string;
    ReadOnly?: boolean;
  }[];
  const binds = ((HostConfig.Binds ?? []) as string[]).map((bind) => {
    const [Source = "", Target = "", options = ""] = bind.split(":");
    return { Type: Source.startsWith("/") ? "bind" : "volume", Source, Target, ReadOnly: options === "ro" };
  });
  return [...mounts, ...binds].map(({ Type, Source = "", Target, ReadOnly = false }) => ({
    ...{ Type, Source, Destination: Target, RW: !ReadOnly },
    ...(Type === "volume" && { Name: Source }),
  }));
}

function isTrue(value: string | null): boolean {
  return value === "1" || value === "true";
}
