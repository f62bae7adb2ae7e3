import { type Answer, created, done, missing, ok, type Route, taken } from "./answers.js";
import type { FakeContents } from "./contents.js";
import { type FakeObject, type FakeService, FakeSwarm } from "./swarm.js";

type Filters = Record<string, string[] | Record<string, boolean> | undefined>;

const notManager: Answer = { status: 503, message: "This node is not a swarm manager." };
const outOfSequence: Answer = { status: 500, message: "rpc error: update out of sequence" };

function managed(answer: (swarm: FakeSwarm, asked: Parameters<Route[2]>[1]) => Answer): Route[2] {
  return (contents, asked) => {
    const { swarm } = contents;
    const role = swarm?.of.nodes.get(swarm.node)?.Spec.Role;
    return swarm && role === "manager" ? answer(swarm.of, asked) : notManager;
  };
}

function filtersIn(query: URLSearchParams): Filters {
  return JSON.parse(query.get("filters") ?? "{}") as Filters;
}

function valuesOf(filter: Filters[string]): string[] {
  return Array.isArray(filter) ? filter : Object.keys(filter ?? {});
}

/** The filters `id`, `name` (a prefix) and `label`. */
function matching<T extends { ID: string; Spec: { Name?: string; Labels?: Record<string, string> } }>(
  all: Iterable<T>,
  filters: Filters,
): T[] {
  const [ids, names, labels] = [filters.id, filters.name, filters.label].map(valuesOf);
  return [...all].filter(
    ({ ID, Spec: { Name = "", Labels = {} } }) =>
      (ids!.length === 0 || ids!.includes(ID)) &&
      (names!.length === 0 || names!.some((name) => Name.startsWith(name))) &&
      labels!.every((wanted) => {
        const [key, value] = wanted.split(/=(.*)/s);
        return value === undefined ? key! in Labels : Labels[key!] === value;
      }),
  );
}

const clusterRoutes: Route[] = [
  [
    "POST",
    /^\/swarm\/init$/,
    (contents, { body }) => {
      if (contents.swarm) return { status: 503, message: "This node is already part of a swarm." };
      const swarm = new FakeSwarm((body.Spec as object | undefined) ?? {});
      return ok(joined(contents, swarm, "manager", body));
    },
  ],
  [
    "POST",
    /^\/swarm\/join$/,
    (contents, { body }) => {
      if (contents.swarm) return { status: 503, message: "This node is already part of a swarm." };
      const found = FakeSwarm.withToken(String(body.JoinToken));
      if (!found) return { status: 500, message: "invalid join token" };
      joined(contents, found.swarm, found.role, body);
      return { status: 200 };
    },
  ],
  [
    "POST",
    /^\/swarm\/leave$/,
    (contents) => {
      if (!contents.swarm) return { status: 503, message: "This node is not part of a swarm" };
      const node = contents.swarm.of.nodes.get(contents.swarm.node);
      if (node) node.Status.State = "down";
      delete contents.swarm;
      return { status: 200 };
    },
  ],
  [
    "GET",
    /^\/swarm$/,
    managed(({ id, spec, tokens }) =>
      ok({ ID: id, Version: { Index: 1 }, Spec: spec, JoinTokens: tokens, DefaultAddrPool: ["10.0.0.0/8"] }),
    ),
  ],
  [
    "POST",
    /^\/swarm\/update$/,
    managed((swarm, { body }) => {
      swarm.spec = body;
      return { status: 200 };
    }),
  ],
];

function joined(
  contents: FakeContents,
  swarm: FakeSwarm,
  role: "manager" | "worker",
  { Availability }: Record<string, unknown>,
): string {
  const node = swarm.addNode(contents.name, role, Availability as string | undefined);
  contents.swarm = { of: swarm, node: node.ID };
  return node.ID;
}

const nodeRoutes: Route[] = [
  [
    "GET",
    /^\/nodes$/,
    managed(({ nodes }, { query }) => {
      const all = [...nodes.values()].map((node, at) => ({
        ...node,
        ...(node.Spec.Role === "manager" && {
          ManagerStatus: { Leader: at === 0, Reachability: "reachable", Addr: `${node.Status.Addr}:2377` },
        }),
      }));
      const ids = valuesOf(filtersIn(query).id);
      return ok(all.filter(({ ID }) => ids.length === 0 || ids.includes(ID)));
    }),
  ],
  [
    "POST",
    /^\/nodes\/([^/]+)\/update$/,
    managed((swarm, { names, query, body }) => {
      const node = swarm.nodes.get(names[0]!);
      if (!node) return missing(`node ${names[0]}`);
      if (query.get("version") !== String(node.Version.Index)) return outOfSequence;
      node.Spec = { Labels: {}, ...body } as typeof node.Spec;
      node.Version = swarm.version();
      return { status: 200 };
    }),
  ],
  [
    "DELETE",
    /^\/nodes\/([^/]+)$/,
    managed(({ nodes }, { names }) => (nodes.delete(names[0]!) ? done : missing(`node ${names[0]}`))),
  ],
];

const serviceRoutes: Route[] = [
  [
    "GET",
    /^\/services$/,
    managed(({ services }, { query }) => ok(matching(services.values(), filtersIn(query)))),
  ],
  [
    "POST",
    /^\/services\/create$/,
    managed((swarm, { body }) => {
      const spec = body as unknown as FakeService["Spec"];
      const known = [...swarm.services.values()].some(({ Spec }) => Spec.Name === spec.Name);
      if (known) return taken(`name conflicts with an existing object: service ${spec.Name} already exists`);
      const at = new Date().toISOString();
      const service = {
        ...{ ID: swarm.newId(), Version: swarm.version(), Spec: spec, CreatedAt: at, UpdatedAt: at },
      };
      swarm.services.set(service.ID, service);
      return created({ ID: service.ID });
    }),
  ],
  [
    "GET",
    /^\/services\/([^/]+)$/,
    managed(({ services }, { names }) => {
      const found = services.get(names[0]!);
      return found ? ok(found) : missing(`service ${names[0]}`);
    }),
  ],
  [
    "POST",
    /^\/services\/([^/]+)\/update$/,
    managed((swarm, { names, query, body }) => {
      const service = swarm.services.get(names[0]!);
      if (!service) return missing(`service ${names[0]}`);
      if (query.get("version") !== String(service.Version.Index)) return outOfSequence;
      service.PreviousSpec = service.Spec;
      service.Spec = body as unknown as FakeService["Spec"];
      service.Version = swarm.version();
      service.UpdatedAt = new Date().toISOString();
      return ok({});
    }),
  ],
  [
    "DELETE",
    /^\/services\/([^/]+)$/,
    managed(({ services }, { names }) =>
      services.delete(names[0]!) ? done : missing(`service ${names[0]}`),
    ),
  ],
  [
    "GET",
    /^\/tasks$/,
    managed((swarm, { query }) => {
      const { service, label, name } = filtersIn(query);
      const wanted = valuesOf(service);
      const all = matching(swarm.services.values(), { label, name: valuesOf(name).map(withoutDot) });
      const own = all.filter(
        ({ ID, Spec }) => wanted.length === 0 || wanted.includes(ID) || wanted.includes(Spec.Name),
      );
      return ok(own.flatMap((one) => swarm.tasksOf(one)));
    }),
  ],
];

function withoutDot(name: string): string {
  return name.replace(/\.$/, "");
}

function objectRoutes(kind: "configs" | "secrets"): Route[] {
  const one = new RegExp(`^/${kind}/([^/]+)$`);
  return [
    [
      "GET",
      new RegExp(`^/${kind}$`),
      managed((swarm, { query }) => ok(matching(swarm[kind].values(), filtersIn(query)).map(readable(kind)))),
    ],
    [
      "POST",
      new RegExp(`^/${kind}/create$`),
      managed((swarm, { body }) => {
        const object = { ID: swarm.newId(), Version: swarm.version(), Spec: body as FakeObject["Spec"] };
        swarm[kind].set(object.ID, object);
        return created({ ID: object.ID });
      }),
    ],
    [
      "DELETE",
      one,
      managed((swarm, { names }) => (swarm[kind].delete(names[0]!) ? done : missing(`${kind} ${names[0]}`))),
    ],
  ];
}

/** No answer contains the data of a secret. */
function readable(kind: "configs" | "secrets") {
  return ({ Spec: { Data, ...spec }, ...rest }: FakeObject): FakeObject => ({
    ...rest,
    Spec: { ...spec, ...(kind === "configs" && Data !== undefined && { Data }) },
  });
}

export const swarmRoutes: Route[] = [
  ...clusterRoutes,
  ...nodeRoutes,
  ...serviceRoutes,
  ...objectRoutes("configs"),
  ...objectRoutes("secrets"),
];
