/** The services of a plan that run on the swarm, and the networks, configs and secrets that they need there. */
import type { Network, Project, Service } from "../../compose/types.js";
import { dependenciesOf } from "../../compose/resolve/service-graph.js";
import { swarmOptions } from "../../compose/resolve/swarm.js";
import { withoutAttributesOf } from "../../compose/schema/service.js";
import { follows } from "../images/pull-policy.js";
import { propertyOf } from "../../shared/lookup.js";
import type { SwarmGate, SwarmServiceInputs } from "../kinds.js";
import { after, gatesOf, servicesInOrder } from "./dependencies.js";
import { withExtraHosts } from "./extra-hosts.js";
import { executablesOf, namedVolumes, namesOf, overlayContext, type PlannedService } from "./needs.js";
import { node, type NodeOf, type PlanNode, type PlanOptions, Ref } from "./node.js";
import { imageNodes, imageOf } from "./service-images.js";
import { placeLabel } from "../swarm/swarm-labels.js";
import { type PlannedSwarm, runsOnSwarm, swarmGatesOf } from "./swarm.js";

/** Services in dependency order. */
export function planSwarmServices(
  project: Project,
  options: PlanOptions,
  swarm: PlannedSwarm,
): PlannedService[] {
  return servicesInOrder(project.services).flatMap((name) => {
    const service = propertyOf(project.services, name);
    return runsOnSwarm(service, project) ? [planService(project, options, swarm, name, service)] : [];
  });
}

function planService(
  project: Project,
  options: PlanOptions,
  swarm: PlannedSwarm,
  name: string,
  written: Service,
): PlannedService {
  const service = withExtraHosts(project, written, "swarm", options.placement);
  const networks = networkNodes(project, service, swarm);
  const configs = objectNodes(project, options, swarm, "configs", service);
  const secrets = objectNodes(project, options, swarm, "secrets", service);
  const build = buildOf(project, options, swarm, name, service);
  const needs = [...networks, ...configs.nodes, ...secrets.nodes, ...build.nodes];
  const dependencies = [...dependenciesOf(service).keys()].sort();
  const isRequired = (dependency: string) => service.depends_on?.[dependency]?.required !== false;
  const nodesOf = (dependency: string) => after(project, options.placement, dependency);
  const { timeout, monitor, attempts, redeploy } = swarmOptions(service, project) ?? {};
  const own = node(
    "swarmService",
    `${name}@swarm`,
    {
      ...inputsOf(project, options, swarm, name, service),
      ...(redeploy !== undefined && { redeploy }),
    },
    {
      managers: swarm.managers,
      networks: namesOf(service.networks, project.networks),
      volumes: Object.fromEntries(
        Object.keys(namedVolumes(service)).map((key) => [key, propertyOf(project.volumes, key)]),
      ),
      configs: configs.refs,
      secrets: secrets.refs,
      gates: dependencies.flatMap((dependency) => gates(project, options, service, dependency)),
      ...(follows(service.pull_policy) && { alwaysAsk: true }),
      ...(timeout !== undefined && { timeout }),
      ...(monitor !== undefined && { monitor }),
      ...(attempts !== undefined && { attempts }),
      ...(build.context && { build: build.context }),
    },
    [
      swarm.id,
      ...needs.filter(({ kind }) => kind !== "image").map(({ id }) => id),
      ...dependencies.filter(isRequired).flatMap(nodesOf),
    ],
  );
  own.optional = [
    ...membersFor(swarm, name, project, service),
    ...dependencies.filter((dependency) => !isRequired(dependency)).flatMap(nodesOf),
  ];
  return { needs, nodes: [own] };
}

function inputsOf(
  project: Project,
  options: PlanOptions,
  { placement }: PlannedSwarm,
  name: string,
  service: Service,
): SwarmServiceInputs {
  const { command, entrypoint, ...words } = withoutAttributesOf(service, "plan", "command", "order");
  const isGlobal = (service.deploy?.mode ?? "").startsWith("global");
  const replicas = service.scale ?? service.deploy?.replicas ?? placement.replicas[name] ?? 1;
  const constraint = placement.constraints[name];
  return {
    ...words,
    image: imageOf(project, name, service),
    ...(command !== null && { command }),
    ...(entrypoint !== null && { entrypoint }),
    ...(!isGlobal && { replicas }),
    ...(constraint !== undefined && { constraint }),
    ...executablesOf(service, options.contents.executable),
    project: project.name,
    service: name,
  };
}

/**
 * A service waits for the nodes that may run it, because a swarm does not move tasks to nodes that join later. A node that
 * is down does not stop it.
 */
function membersFor(swarm: PlannedSwarm, name: string, project: Project, { host }: Service): string[] {
  if (host === undefined) return Object.values(swarm.members);
  const label = swarm.placement.constraints[name];
  return label === undefined
    ? Object.values(swarm.members)
    : Object.entries(swarm.members)
        .filter(([member]) => isPlacedOn(swarm, name, project, member))
        .map(([, id]) => id);
}

function isPlacedOn(
  { placement }: PlannedSwarm,
  name: string,
  { name: project }: Project,
  host: string,
): boolean {
  const only = /^node\.labels\.k2\.host==(.*)$/.exec(placement.constraints[name] ?? "")?.[1];
  return only === undefined
    ? placement.labels[host]?.[placeLabel(project, name)] !== undefined
    : only === host;
}

/** The network is the home's at the first manager: workers know it only while a task there uses it. */
function networkNodes(
  project: Project,
  service: Service,
  { id, managers, members }: PlannedSwarm,
): PlanNode[] {
  const [manager] = managers;
  if (!manager) return [];
  return Object.keys(service.networks ?? {}).map((key) => {
    const network: Network = propertyOf(project.networks, key);
    const inputs = { ...network, host: manager, project: project.name, network: key };
    const first = members[manager.name];
    return node("network", `${network.name}@${manager.name}`, inputs, overlayContext(project, network), [
      `host ${manager.name}`,
      id,
      ...(first === undefined ? [] : [first]),
    ]);
  });
}

interface Objects {
  nodes: PlanNode[];
  refs: NodeOf<"swarmService">["context"]["configs"];
}

const contentsOf = { configs: "config_contents", secrets: "secret_contents" } as const;

const objectKinds = { configs: "swarmConfig", secrets: "swarmSecret" } as const;

function objectNodes(
  project: Project,
  { contents }: PlanOptions,
  { id, managers }: PlannedSwarm,
  list: "configs" | "secrets",
  service: Service,
): Objects {
  const keys = [...new Set((service[list] ?? []).map(({ source }) => source))].sort();
  const nodes = keys.map((key) => {
    const { name, labels, external } = propertyOf(project[list], key);
    const inputs = {
      project: project.name,
      key,
      ...(name !== undefined && name !== `${project.name}_${key}` && { name }),
      ...(labels && { labels }),
      ...(external ? { external } : {}),
      ...(!external && { [contentsOf[list]]: { [key]: contents[list][key] ?? "" } }),
    };
    return node(objectKinds[list], `${key}@swarm`, inputs, { managers }, [id]);
  });
  const refs = nodes.map((item) => [
    item.inputs.key,
    { id: new Ref(item.id, "objectId"), name: new Ref(item.id, "objectName") },
  ]);
  return { nodes, refs: Object.fromEntries(refs) };
}

/** An image is built on a manager, and reaches the nodes by its registry. */
function buildOf(
  project: Project,
  options: PlanOptions,
  { managers }: PlannedSwarm,
  name: string,
  service: Service,
): { nodes: PlanNode[]; context?: NodeOf<"swarmService">["context"]["build"] } {
  const [manager] = managers;
  if (!manager || options.builds?.[name] === undefined) return { nodes: [] };
  const nodes = imageNodes(project, options, name, { ...service, distribute: "registry" }, manager.name);
  return { nodes, context: { builder: manager, digest: new Ref(nodes[0].id, "digest") } };
}

function gates(
  project: Project,
  { placement }: PlanOptions,
  service: Service,
  dependency: string,
): SwarmGate[] {
  return [
    ...gatesOf(project, placement, service, dependency).map((gate) => ({ on: "host" as const, ...gate })),
    ...swarmGatesOf(project, service, dependency),
  ];
}
