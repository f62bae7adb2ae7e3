/** Project -> Plan: which resource on which host, after which others. Pure; prints as text. */
import type { Contents } from "../compose/contents.js";
import type { Project } from "../compose/types.js";
import type {
  HealthCheckContext,
  HealthCheckInputs,
  HostContext,
  HostImageContext,
  HostImageInputs,
  HostInputs,
  HostRef,
  ImageTagContext,
  ImageTagInputs,
  ImageContext,
  ImageInputs,
  NetworkContext,
  NetworkInputs,
  PlannedBuild,
  Context,
  ServiceContext,
  ServiceInputs,
  VolumeInputs,
} from "./inputs.js";
import type { Placement } from "./placement.js";
import { basesFirst, mergeImageHosts, mergeImages } from "./plan-images.js";
import { imageTags } from "./plan-tags.js";
import { planServices } from "./plan-services.js";

/** An output of another resource, not known before that one is there. */
export class Ref {
  constructor(
    readonly node: string,
    readonly output: string,
  ) {}
}

/** Any value of T may be a Ref instead. */
export type WithRefs<T> = unknown extends T
  ? T
  : T extends string | number | boolean | null | undefined
    ? T | Ref
    : { [K in keyof T]: WithRefs<T[K]> } | Ref;

interface Shapes {
  host: { inputs: HostInputs; context: HostContext };
  network: { inputs: NetworkInputs; context: NetworkContext };
  volume: { inputs: VolumeInputs; context: Context };
  image: { inputs: ImageInputs | HostImageInputs; context: ImageContext | HostImageContext };
  service: { inputs: ServiceInputs; context: ServiceContext };
  healthCheck: { inputs: HealthCheckInputs; context: HealthCheckContext };
  imageTag: { inputs: ImageTagInputs; context: ImageTagContext };
}

export type Kind = keyof Shapes;

export interface PlanNode<K extends Kind = Kind> {
  /** `${kind} ${name}`: "service web@b". */
  id: string;
  kind: K;
  /** Name of the Pulumi resource. */
  name: string;
  inputs: Shapes[K]["inputs"];
  /** Without `run`, which is the same for all. */
  context: WithRefs<Omit<Shapes[K]["context"], "run" | "urn">>;
  /** Ids of nodes. */
  dependsOn: string[];
  /** Those too, but it goes on where they fail: `depends_on` with `required: false`. */
  optional?: string[];
}

export interface Plan {
  project: string;
  /** In the order of work. */
  nodes: PlanNode[];
}

export interface PlanOptions {
  placement: Placement;
  /** Where services were, as far as that is known: what has left the file goes by itself, and is nobody's orphan. */
  before?: Placement;
  contents: Contents;
  /** By service. */
  builds?: Record<string, PlannedBuild>;
  /** What travels to other machines, by service: hashes by path relative to the project's folder. */
  synced?: Record<string, Record<string, string>>;
  /** Where hosts really are whose addresses are docker contexts. */
  addresses?: Record<string, string>;
  /** Of what is pulled and run where its service names none. */
  platform?: string;
  /** Tag and push every image under its name with this behind it, once all that runs it is well. */
  saveSuffix?: string;
}

export function plan(project: Project, options: PlanOptions): Plan {
  const services = planServices(project, options);
  const used = new Map<string, PlanNode>();
  for (const need of services.flatMap(({ needs }) => needs)) {
    const known = used.get(need.id);
    if (known) mergeImages(known, need);
    else used.set(need.id, need);
  }
  const needs = basesFirst(withHomes(mergeImageHosts([...used.values()])).sort(byKindThenName));
  const hosts = hostNodes(project, options);
  const running = services.flatMap(({ nodes }) => nodes);
  const tags = options.saveSuffix ? imageTags(running, options.saveSuffix) : [];
  return { project: project.name, nodes: [...hosts, ...needs, ...running, ...tags] };
}

export function node<K extends Kind>(
  kind: K,
  name: string,
  inputs: PlanNode<K>["inputs"],
  context: PlanNode<K>["context"],
  dependsOn: string[] = [],
): PlanNode<K> {
  return { id: `${kind} ${name}`, kind, name, inputs, context, dependsOn };
}

export function hostRef(project: Project, name: string): HostRef {
  const { address, tls, api_version } = project.hosts[name]!;
  return { name, address, ...(tls && { tls }), ...(api_version && { api_version }) };
}

function hostNodes(project: Project, { placement, before = {} }: PlanOptions): PlanNode[] {
  const names = [...new Set(Object.values(placement).flatMap((hosts) => Object.keys(hosts)))].sort();
  const on = (host: string, places: Placement) =>
    Object.keys(places).filter((service) => places[service]![host] !== undefined);
  const disabled = Object.keys(project.disabled_services);
  const hosts = names.map((name) => ({
    host: hostRef(project, name),
    services: [...new Set([...on(name, placement), ...on(name, before), ...disabled])].sort(),
  }));
  return hosts.map(({ host }) => {
    const labels = project.hosts[host.name]!.labels;
    return node("host", host.name, { ...host, project: project.name, ...(labels && { labels }) }, { hosts });
  });
}

/** A swarm has one network for all its engines: the first host's resource makes it, and is the last to go. */
function withHomes(nodes: PlanNode[]): PlanNode[] {
  const homes = new Map<string, PlanNode>();
  for (const item of nodes) {
    const { name, driver, external } = item.inputs as NetworkInputs;
    if (item.kind !== "network" || driver !== "overlay" || external) continue;
    const home = homes.get(name);
    if (!home || item.name.localeCompare(home.name) < 0) homes.set(name, item);
  }
  for (const item of nodes) {
    const inputs = item.inputs as NetworkInputs;
    const home = item.kind === "network" && inputs.driver === "overlay" ? homes.get(inputs.name) : undefined;
    if (!home) continue;
    item.context = { ...item.context, home: (home.inputs as NetworkInputs).host.name };
    if (home !== item) item.dependsOn = [...item.dependsOn, home.id];
  }
  return nodes;
}

const order: Kind[] = ["host", "network", "volume", "image", "service", "healthCheck", "imageTag"];

function byKindThenName(a: PlanNode, b: PlanNode): number {
  const rank = (item: PlanNode) =>
    order.indexOf(item.kind) * 2 + (item.kind === "image" && "host" in item.inputs ? 1 : 0);
  return rank(a) - rank(b) || a.name.localeCompare(b.name);
}

/** Each service for itself: nobody comes after another, and nobody is asked whether he is well. */
export function withoutDependencies({ project, nodes }: Plan): Plan {
  const isNeed = (id: string) => !/^(service|healthCheck) /.test(id);
  const free = (item: PlanNode): PlanNode =>
    item.kind === "service"
      ? {
          ...item,
          dependsOn: item.dependsOn.filter(isNeed),
          optional: [],
          context: { ...item.context, gates: [] } as PlanNode["context"],
        }
      : item;
  return { project, nodes: nodes.map(free) };
}

/** One line a resource, in the order of work. */
export function printPlan({ nodes }: Plan): string {
  const heads = nodes.map((item) => `${item.kind} ${item.name}`);
  const width = Math.max(...heads.map((head) => head.length), 0) + 2;
  return nodes.map((item, at) => `${heads[at]!.padEnd(width)}${describe(item)}`.trimEnd()).join("\n");
}

function describe(item: PlanNode): string {
  const after = item.dependsOn.filter((id) => !id.startsWith("host "));
  const optional = (item.optional ?? []).map((id) => `${id} if it comes up`);
  const all = [...after, ...optional].join(", ");
  return [detail(item), all === "" ? "" : `after ${all}`].filter(Boolean).join("  ");
}

function detail(item: PlanNode): string {
  if (item.kind === "host") return (item.inputs as HostInputs).address;
  if (item.kind === "service") return `x${(item.inputs as ServiceInputs).replicas}`;
  if (item.kind !== "healthCheck") return "";
  const { shell, http, socket, timeout } = item.inputs as HealthCheckInputs;
  const what =
    shell === undefined
      ? http === undefined
        ? `socket ${socket}`
        : `http ${http}`
      : `shell ${[shell].flat().join(" ")}`;
  return timeout === undefined ? what : `${what}, ${timeout}s`;
}
