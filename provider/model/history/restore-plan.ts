/** What a state of before says was deployed -> the plan that brings it back. Pure. */
import { inDependencyOrder } from "../../shared/dependency-order.js";
import { K2Error } from "../../shared/errors.js";
import type {
  Gate,
  HostImageInputs,
  HostInputs,
  HostRef,
  Kind,
  ServiceContext,
  ServiceInputs,
} from "../kinds.js";
import { borrowersOf } from "../reconcile/namespaces.js";
import { isKind, node, type NodeOf, type Plan, type PlanNode, Ref } from "../plan/node.js";
import { hostRef } from "../host-ref.js";
import type { Placement } from "../placement/placement.js";
import type { DeployedOf, StackState } from "../stack-state.js";

export interface Surroundings {
  /** The state of now: hosts are reached as it says, whatever their addresses were then. */
  now: StackState | undefined;
  /** Hosts that have an image, by its id; nothing is known of those that are away. */
  holders: (imageId: string) => HostRef[];
  /** Where the compose files are on the operator's machine: labels only. */
  workingDir: string;
  configFiles: string[];
  /** Services whose containers are nobody's orphans though the plan does not have them. */
  others: string[];
}

/**
 * Inputs are those of then to the letter, so that a service which has not changed since is left alone. Of images it is
 * the bits that count, not what their names mean today. Throws K2Error where something never came up then.
 */
export function restorePlan(then: StackState, around: Surroundings): Plan {
  const nodes: PlanNode[] = [
    ...then.hosts.map((host) => hostNode(host.inputs, then, around)),
    ...then.networks.map((network) => networkNode(network, then, around)),
    ...then.volumes.map((volume) => plainNode("volume", volume, {}, around)),
    ...then.images.map((image) => imageNode(image, then, around)),
    ...then.hostImages.map((image) => hostImageNode(image, then, around)),
    ...then.services.map((service) => serviceNode(service, then, around)),
    ...then.healthChecks.map((check) =>
      plainNode("healthCheck", check, { revision: new Ref(`service ${check.name}`, "revision") }, around),
    ),
    ...then.imageTags.map((tag) =>
      plainNode("imageTag", tag, { imageId: new Ref(`image ${imageOf(tag.dependsOn)}`, "imageId") }, around),
    ),
  ];
  return { project: then.services[0]?.inputs.project ?? "", nodes: inOrder(nodes) };
}

/** Where the services of a plan are. */
export function placementOf({ nodes }: Plan): Placement {
  const placement: Placement = {};
  for (const { inputs } of nodes.filter(isKind("service"))) {
    const { service, host, replicas } = inputs;
    (placement[service] ??= {})[host.name] = replicas;
  }
  return placement;
}

function plainNode<K extends Exclude<Kind, "host" | "image">>(
  kind: K,
  { name, inputs, dependsOn }: DeployedOf<K>,
  context: NodeOf<K>["context"],
  around: Surroundings,
): NodeOf<K> {
  return node(kind, name, hosted(inputs, around), context, dependsOn);
}

function hosted<T extends { host: HostRef }>(inputs: T, around: Surroundings): T {
  return { ...inputs, host: reachedNow(inputs.host, around) };
}

/** A host may have moved since. */
function reachedNow({ name, ...before }: HostRef, { now }: Surroundings): HostRef {
  return hostRef({ ...(now?.hosts.find(({ inputs }) => inputs.name === name)?.inputs ?? before), name });
}

function hostNode(inputs: HostInputs, then: StackState, around: Surroundings): PlanNode {
  const hosts = then.hosts.map((host) => ({
    host: reachedNow(host.inputs, around),
    services: [
      ...around.others,
      ...[then, around.now].flatMap((state) => servicesOn(state, host.inputs.name)),
    ].sort(),
  }));
  const { project, labels } = inputs;
  const own = { ...reachedNow(inputs, around), project, ...(labels && { labels }) };
  return node("host", inputs.name, own, { hosts });
}

function servicesOn(state: StackState | undefined, host: string): string[] {
  const there = (state?.services ?? []).filter(({ inputs }) => inputs.host.name === host);
  return there.map(({ inputs }) => inputs.service);
}

/** A swarm's network is made by one host's resource for all of them. */
function networkNode(
  network: StackState["networks"][number],
  then: StackState,
  around: Surroundings,
): NodeOf<"network"> {
  const { driver, external, name } = network.inputs;
  const own = plainNode("network", network, {}, around);
  if (driver !== "overlay" && !external) return own;
  const known = [...then.hosts, ...(around.now?.hosts ?? [])].map(({ inputs }) => reachedNow(inputs, around));
  const hosts = known.filter((host, at) => known.findIndex((other) => other.name === host.name) === at);
  const [home] = then.networks
    .filter(({ inputs }) => inputs.name === name && !inputs.external)
    .sort((a, b) => a.name.localeCompare(b.name));
  return { ...own, context: { hosts, ...(driver === "overlay" && home && { home: home.inputs.host.name }) } };
}

function imageNode(image: StackState["images"][number], then: StackState, around: Surroundings): PlanNode {
  const id = `image ${image.name}`;
  const users = then.hostImages.filter(({ dependsOn }) => dependsOn.includes(id));
  const hosts = users.map(({ inputs }) => reachedNow(inputs.host, around));
  const { digest } = image.outputs;
  if (digest === undefined) throw neverCameUp(image.name);
  return node("image", image.name, image.inputs, { hosts, pinnedDigest: digest }, image.dependsOn);
}

function hostImageNode(
  image: StackState["hostImages"][number],
  then: StackState,
  around: Surroundings,
): PlanNode {
  const imageId = idOn(image, then);
  const inputs = hosted(image.inputs, around);
  const holders = around.holders(imageId).filter(({ name }) => name !== inputs.host.name);
  const digest = new Ref(`image ${imageOf(image.dependsOn)}`, "digest");
  return node("hostImage", image.name, inputs, { digest, pinned: { imageId, holders } }, image.dependsOn);
}

/** What runs counts: a run that failed may have fetched the image and not come to the service. */
function idOn({ name, inputs, outputs }: StackState["hostImages"][number], then: StackState): string {
  const id = then.services.find(({ inputs: own }) => usesImage(own, inputs))?.outputs.last?.imageId;
  const found = id ?? outputs.imageId;
  if (found === undefined) throw neverCameUp(name);
  return found;
}

export function usesImage(service: ServiceInputs, { image, host, platform }: HostImageInputs): boolean {
  return service.image === image && service.host.name === host.name && service.platform === platform;
}

function serviceNode(
  service: StackState["services"][number],
  then: StackState,
  around: Surroundings,
): PlanNode {
  const { name, dependsOn, outputs } = service;
  const inputs = hosted(service.inputs, around);
  const { last } = outputs;
  if (last === undefined) throw neverCameUp(name);
  const here = around.holders(last.imageId).some((host) => host.name === inputs.host.name);
  const image = then.hostImages.find(({ inputs: own }) => usesImage(inputs, own));
  const probe = probeOf(then, inputs.service, inputs.host.name);
  const borrowers = borrowersOf(inputs.service, inputsOn(then, inputs.host.name));
  const context: NodeOf<"service">["context"] = {
    ...last,
    // Known beforehand where the host has it: then a preview says exactly what will be done.
    ...(!here && image && { imageId: new Ref(`image ${image.name}`, "imageId") }),
    shares: Object.fromEntries(
      Object.keys(last.shares).map((other) => [
        other,
        new Ref(`service ${other}@${inputs.host.name}`, "containerIds"),
      ]),
    ),
    ...(last.restarts && {
      restarts: Object.fromEntries(
        Object.keys(last.restarts).map((other) => [other, new Ref(`service ${other}`, "containerIds")]),
      ),
    }),
    gates: (last.gates ?? gatesFrom(service, then)).map((gate) => ({
      ...gate,
      host: reachedNow(gate.host, around),
    })),
    ...(probe && { probe }),
    ...(borrowers.length > 0 && { borrowers }),
    workingDir: around.workingDir,
    configFiles: around.configFiles,
  };
  return node("service", name, inputs, context, dependsOn);
}

function inputsOn({ services }: StackState, host: string): Record<string, ServiceInputs> {
  const there = services.filter(({ inputs }) => inputs.host.name === host);
  return Object.fromEntries(there.map(({ inputs }) => [inputs.service, inputs]));
}

/** Of states that older versions wrote: they say who comes first, not what it must have come to. */
function gatesFrom({ inputs, after }: StackState["services"][number], then: StackState): Gate[] {
  const others = then.services.filter(
    ({ inputs: other }) => after.includes(other.service) && other.replicas > 0,
  );
  return others.map(({ inputs: { project, service, host } }) => {
    const written = inputs.depends_on?.[service];
    const probe = probeOf(then, service, host.name);
    return {
      ...{ project, service, host, condition: written?.condition ?? "service_started" },
      required: written?.required ?? true,
      ...(!written && { mustRun: true as const }),
      ...(probe && { probe }),
    };
  });
}

function probeOf({ healthChecks }: StackState, service: string, host: string): ServiceContext["probe"] {
  const check = healthChecks.find(
    ({ inputs }) => inputs.service === service && inputs.host.name === host,
  )?.inputs;
  if (!check) return undefined;
  const { project: _project, service: _service, host: _host, ...probe } = check;
  return probe;
}

/** Of what comes after an image: which one that is. */
function imageOf(dependsOn: string[]): string {
  const found = dependsOn.find((id) => id.startsWith("image "));
  if (found === undefined) throw new K2Error("not-found", "the state does not say which image is meant");
  return found.slice("image ".length);
}

/** What others come after comes first. Nodes of two states may come after each other: then the first one met is last. */
export function inOrder<T extends Pick<PlanNode, "id" | "dependsOn">>(nodes: T[]): T[] {
  const byId = new Map(nodes.map((item) => [item.id, item]));
  return inDependencyOrder(nodes, ({ dependsOn }) => dependsOn.flatMap((id) => byId.get(id) ?? []));
}

function neverCameUp(name: string): K2Error {
  return new K2Error("not-found", `${name} never came up in that deployment`, {
    hint: "Choose another one: k2-compose rollback --list.",
  });
}
