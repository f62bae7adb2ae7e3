/** The swarm of a project: its hosts as nodes, in the order in which they join, and the placement of its services. */
import type { NodeSwarm, Project, Service } from "../../compose/types.js";
import { swarmOptions } from "../../compose/resolve/swarm.js";
import { K2Error, K2Errors } from "../../shared/errors.js";
import { propertyOf } from "../../shared/lookup.js";
import { declaredHost } from "../host-ref.js";
import type { ClusterInputs, HostRef, NodeInputs, SwarmGateOnSwarm, WantedNode } from "../kinds.js";
import { hostsNamed } from "../placement/host-patterns.js";
import {
  hostsAlike,
  placementInSwarm,
  type PlacementProblem,
  type SwarmPlacement,
} from "../swarm/placement-labels.js";
import { node, type NodeOf, type PlanNode, Ref } from "./node.js";

/** The services of a project that plain engines run. */
export function withoutSwarmServices(project: Project): Project {
  const plain = Object.entries(project.services).filter(([, service]) => !runsOnSwarm(service, project));
  return { ...project, services: Object.fromEntries(plain) };
}

/** Hosts that are nodes of the swarm. */
export function swarmHosts({ hosts }: Project): string[] {
  return Object.keys(hosts).filter((name) => hosts[name]?.swarm !== undefined);
}

export function runsOnSwarm(service: Service, project: Project): boolean {
  return swarmOptions(service, project) !== undefined;
}

export function swarmServices(project: Project): [string, Service][] {
  return Object.entries(project.services)
    .filter(([, service]) => runsOnSwarm(service, project))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

export interface PlannedSwarm extends SwarmNodes {
  placement: SwarmPlacement;
}

/** Undefined if no host of the file has a role. */
export function planSwarm(project: Project): PlannedSwarm | undefined {
  const names = swarmHosts(project);
  if (names.length === 0) return undefined;
  const placement = placed(project, names);
  const inputs = Object.entries(project.hosts).flatMap(([host, { swarm, drain, labels }]) =>
    swarm === undefined ? [] : [nodeInputs(project, host, withDrain(swarm, drain), labels, placement)],
  );
  return { placement, ...swarmNodes({ project: project.name, ...project.swarm }, inputs) };
}

function nodeInputs(
  project: Project,
  host: string,
  swarm: NodeSwarm,
  labels: Record<string, string> = {},
  placement: SwarmPlacement,
): NodeInputs {
  const places = Object.keys(placement.labels[host] ?? {}).sort();
  return {
    ...swarm,
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(places.length > 0 && { places }),
    host: declaredHost(project, host),
    project: project.name,
  };
}

export interface SwarmNodes {
  /** Id of the swarm's node of the plan. */
  id: string;
  managers: HostRef[];
  /** Ids of the nodes of the plan by host. */
  members: Record<string, string>;
  nodes: PlanNode[];
}

/** `hosts`: in the order in which they join, managers first. */
export function swarmNodes(cluster: ClusterInputs, hosts: NodeInputs[]): SwarmNodes {
  const { project, ...settings } = cluster;
  const managers = hosts.filter(({ role }) => role === "manager").map(({ host }) => host);
  const context = { managers, nodes: hosts.map(wantedNode), hosts: hosts.map(({ host }) => host) };
  const own = node("swarm", project, cluster, context);
  // Hosts know the id of the stack, which the swarm's label has.
  own.optional = managers.map(({ name }) => `host ${name}`);
  const members: Record<string, string> = {};
  const nodes: NodeOf<"swarmNode">[] = [];
  let manager: string | undefined;
  for (const inputs of managersFirst(hosts)) {
    const { name } = inputs.host;
    const item = node(
      "swarmNode",
      name,
      inputs,
      { ...context, settings, formed: new Ref(own.id, "formed") },
      [`host ${name}`, own.id],
    );
    // Managers that join at the same time may end half joined. One that is down does not stop the others.
    if (manager !== undefined) item.optional = [manager];
    if (inputs.role === "manager") manager = item.id;
    members[name] = item.id;
    nodes.push(item);
  }
  return { id: own.id, managers, members, nodes: [own, ...nodes] };
}

function wantedNode({ host, labels = {}, places = [], project: _, ...swarm }: NodeInputs): WantedNode {
  const own = Object.fromEntries(places.map((label) => [label, "true"]));
  return { host: host.name, swarm, labels, places: own };
}

function managersFirst(hosts: NodeInputs[]): NodeInputs[] {
  const isManager = ({ role }: NodeInputs) => role === "manager";
  return [...hosts.filter(isManager), ...hosts.filter((each) => !isManager(each))];
}

export function swarmServiceId(name: string): string {
  return `swarmService ${name}@swarm`;
}

/** The condition that a dependency on the swarm must meet; none if it is on plain engines. */
export function swarmGatesOf(project: Project, service: Service, dependency: string): SwarmGateOnSwarm[] {
  if (!runsOnSwarm(propertyOf(project.services, dependency), project)) return [];
  const { condition = "service_started", required = true } = service.depends_on?.[dependency] ?? {};
  return [{ on: "swarm", project: project.name, service: dependency, condition, required }];
}

function withDrain(swarm: NodeSwarm, drain: boolean | undefined): NodeSwarm {
  return drain && swarm.availability === undefined ? { ...swarm, availability: "drain" } : swarm;
}

function placed(project: Project, members: string[]): SwarmPlacement {
  const services = swarmServices(project).flatMap(([service, { host }]) =>
    host === undefined
      ? []
      : [{ service, patterns: [host].flat(), hosts: hostsNamed(project, service, host) }],
  );
  const placement = placementInSwarm(project.name, services, members);
  const problems = [...hostsAlike(members), ...placement.problems];
  if (problems.length > 0) throw new K2Errors(problems.map((problem) => errorOf(project, problem)));
  return placement;
}

function errorOf(project: Project, { path, what, hint }: PlacementProblem): K2Error {
  const at = project.positionOf(path);
  return new K2Error("invalid-file", `${path}: ${what}`, { at, hint });
}
