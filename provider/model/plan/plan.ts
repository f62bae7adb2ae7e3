/** Converts a project to a plan: its resources, their hosts and their order. Pure; prints as text. */
import type { Project } from "../../compose/types.js";
import { allKinds } from "../kinds.js";
import { basesFirst, mergeImageHosts, mergeImages } from "./shared-images.js";
import { imageTags } from "./image-tags.js";
import { withSecretInputs } from "./secret-inputs.js";
import { withRivals } from "./exclusive.js";
import { withFollowers } from "./followers.js";
import { planServices } from "./services.js";
import { planSwarm, type PlannedSwarm, swarmHosts } from "./swarm.js";
import { checkSwarmServices } from "./swarm-checks.js";
import { planSwarmServices } from "./swarm-services.js";
import { inDependencyOrder } from "../../shared/dependency-order.js";
import { declaredHost } from "../host-ref.js";
import { isKind, node, type NodeOf, type Plan, type PlanNode, type PlanOptions } from "./node.js";
import { propertyOf } from "../../shared/lookup.js";

export function plan(project: Project, options: PlanOptions): Plan {
  const swarm = planSwarm(project);
  if (swarm) checkSwarmServices(project, options.contents, swarm);
  const services = [
    ...planServices(project, options, swarm),
    ...(swarm ? planSwarmServices(project, options, swarm) : []),
  ];
  const used = new Map<string, PlanNode>();
  for (const need of services.flatMap(({ needs }) => needs)) {
    const known = used.get(need.id);
    if (known) mergeImages(known, need);
    else used.set(need.id, need);
  }
  const needs = basesFirst(withHomes(mergeImageHosts([...used.values()]), swarm).sort(byKindThenName));
  const hosts = [...hostNodes(project, options), ...(swarm?.nodes ?? [])];
  const running = inOrder(services.flatMap(({ nodes }) => nodes));
  const tags = options.saveSuffix ? imageTags(running, needs, options.saveSuffix) : [];
  const all = withSecretInputs([...hosts, ...needs, ...running, ...tags], project, options.secrets ?? {});
  const nodes = withRivals(withFollowers(all), {
    disabled: Object.keys(project.disabled_services),
    networks: Object.values(project.networks),
  });
  return { project: project.name, nodes };
}

/** Services of plain engines and of the swarm may depend on each other. */
function inOrder(nodes: PlanNode[]): PlanNode[] {
  const byId = new Map(nodes.map((item) => [item.id, item]));
  const before = (id: string) => {
    const item = byId.get(id);
    return [...(item?.dependsOn ?? []), ...(item?.optional ?? [])].filter((other) => byId.has(other));
  };
  return inDependencyOrder([...byId.keys()], before).flatMap((id) => byId.get(id) ?? []);
}

function hostNodes(project: Project, { placement, before = {} }: PlanOptions): PlanNode[] {
  const used = Object.values(placement).flatMap((hosts) => Object.keys(hosts));
  const names = [...new Set([...used, ...swarmHosts(project)])].sort();
  const on = new Map(names.map((name) => [name, new Set<string>()]));
  for (const places of [placement, before]) {
    for (const [service, hosts] of Object.entries(places))
      for (const host of Object.keys(hosts)) on.get(host)?.add(service);
  }
  const disabled = Object.keys(project.disabled_services);
  const hosts = names.map((name) => ({
    host: declaredHost(project, name),
    services: [...new Set([...(on.get(name) ?? []), ...disabled])].sort(),
  }));
  return hosts.map(({ host }) => {
    const labels = propertyOf(project.hosts, host.name).labels;
    return node("host", host.name, { ...host, project: project.name, ...(labels && { labels }) }, { hosts });
  });
}

/** A swarm has one network for all its engines: the first host's resource creates it, and is removed last. */
function withHomes(nodes: PlanNode[], swarm: PlannedSwarm | undefined): PlanNode[] {
  const [manager] = swarm?.managers ?? [];
  // Services of the swarm use the network through their manager.
  const isHome = ({ inputs }: NodeOf<"network">) => inputs.host.name === manager?.name;
  const homes = new Map<string, NodeOf<"network">>();
  const overlays = nodes.filter(isKind("network")).filter(({ inputs }) => inputs.driver === "overlay");
  for (const item of overlays) {
    const { name, external } = item.inputs;
    const home = homes.get(name);
    if (external) continue;
    if (!home || isHome(item) || (!isHome(home) && item.name.localeCompare(home.name) < 0))
      homes.set(name, item);
  }
  for (const item of overlays) {
    const home = homes.get(item.inputs.name);
    if (!home) continue;
    item.context = { ...item.context, home: home.inputs.host.name };
    if (home !== item) item.dependsOn = [...item.dependsOn, home.id];
  }
  return nodes;
}

function byKindThenName(a: PlanNode, b: PlanNode): number {
  return allKinds.indexOf(a.kind) - allKinds.indexOf(b.kind) || a.name.localeCompare(b.name);
}

/** Removes all dependencies and health conditions between services. */
export function withoutDependencies({ project, nodes }: Plan): Plan {
  const isNeed = (id: string) => !/^(service|healthCheck|swarmService) /.test(id);
  const free = (item: PlanNode): PlanNode => {
    const order = {
      dependsOn: item.dependsOn.filter(isNeed),
      optional: (item.optional ?? []).filter(isNeed),
    };
    if (item.kind === "swarmService") return { ...item, ...order, context: { ...item.context, gates: [] } };
    if (item.kind !== "service") return item;
    const { swarmGates: _, ...context } = item.context;
    return { ...item, ...order, context: { ...context, gates: [] } };
  };
  return { project, nodes: nodes.map(free) };
}

/** One line a resource, in the order of work. */
export function printPlan({ nodes }: Plan): string {
  const width = Math.max(...nodes.map(({ id }) => id.length), 0) + 2;
  return nodes.map((item) => `${item.id.padEnd(width)}${describe(item)}`.trimEnd()).join("\n");
}

function describe(item: PlanNode): string {
  const isShown = (id: string) => !/^(host|swarm|swarmNode) /.test(id);
  const after = item.dependsOn.filter(isShown);
  const optional = (item.optional ?? []).filter(isShown).map((id) => `${id} if it comes up`);
  const all = [...after, ...optional].join(", ");
  return [detail(item), all === "" ? "" : `after ${all}`].filter(Boolean).join("  ");
}

function detail(item: PlanNode): string {
  if (item.kind === "host") return item.inputs.address;
  if (item.kind === "service") return `x${item.inputs.replicas}`;
  if (item.kind === "swarmNode")
    return [item.inputs.role, item.inputs.availability ?? ""].join(" ").trimEnd();
  if (item.kind === "swarmService") {
    const { replicas, deploy, constraint } = item.inputs;
    const count = replicas === undefined ? (deploy?.mode ?? "") : `x${replicas}`;
    return [count, ...(constraint === undefined ? [] : [`on ${constraint}`])].join(" ");
  }
  if (item.kind !== "healthCheck") return "";
  const { shell, http, socket, timeout } = item.inputs;
  const what =
    shell === undefined
      ? http === undefined
        ? `socket ${socket}`
        : `http ${http}`
      : `shell ${[shell].flat().join(" ")}`;
  return timeout === undefined ? what : `${what}, ${timeout}s`;
}
