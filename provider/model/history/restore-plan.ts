/** Converts an earlier state to the plan that restores it. Pure. */
import { inDependencyOrder } from "../../shared/dependency-order.js";
import { K2Error } from "../../shared/errors.js";
import type { Gate, HostImageInputs, HostInputs, HostRef, ServiceContext, ServiceInputs } from "../kinds.js";
import { DeployedResources } from "../changes/compare.js";
import { secretInputs } from "../plan/secret-inputs.js";
import type { SecretRule } from "../secret-names.js";
import { borrowersOf } from "../reconcile/namespaces.js";
import { wellGate } from "../plan/image-tags.js";
import { withRivals } from "../plan/exclusive.js";
import { withFollowers } from "../plan/followers.js";
import { swarmPlan } from "./restore-swarm.js";
import { isKind, node, type NodeOf, type Plan, type PlanNode, Ref } from "../plan/node.js";
import { hostRef } from "../host-ref.js";
import type { Placement } from "../placement/placement.js";
import type { DeployedOf, StackState } from "../stack-state.js";

export interface RestoreOptions {
  /** The current state: hosts are reached at its addresses, whatever the earlier ones were. */
  now: StackState | undefined;
  /** Hosts that have an image, by its id; unknown for hosts that do not answer. */
  holders: (imageId: string) => HostRef[];
  /** Paths of the compose files on the operator's machine: for labels only. */
  workingDir: string;
  configFiles: string[];
  /** Which inputs are encrypted in state, besides those that are encrypted now. */
  secrets?: SecretRule;
  /** Services that are not in the plan, but whose containers are not orphans. */
  others: string[];
}

/**
 * Inputs are those of the earlier state, unchanged, so that an unchanged service is not updated. Images are compared by
 * contents, not by the current meaning of their names. Throws K2Error for a service that never came up in that state.
 */
export function restorePlan(then: StackState, options: RestoreOptions): Plan {
  const nodes: PlanNode[] = [
    ...then.hosts.map((host) => hostNode(host.inputs, then, options)),
    ...swarmPlan(then, (host) => withCurrentAddress(host, options)),
    ...then.networks.map((network) => networkNode(network, then, options)),
    ...then.volumes.map((volume) => plainNode("volume", volume, {}, options)),
    ...then.images.map((image) => imageNode(image, then, options)),
    ...then.hostImages.map((image) => hostImageNode(image, then, options)),
    ...then.services.map((service) => serviceNode(service, then, options)),
    ...then.healthChecks.map((check) =>
      plainNode("healthCheck", check, { revision: new Ref(`service ${check.name}`, "revision") }, options),
    ),
    ...then.imageTags.map((tag) =>
      plainNode(
        "imageTag",
        tag,
        {
          imageId: new Ref(`image ${imageNameIn(tag.dependsOn)}`, "imageId"),
          gates: tagGates(tag.dependsOn, then, options),
        },
        options,
      ),
    ),
  ];
  const now = new DeployedResources(options.now);
  const secret = nodes.map((item) => withSecrets(item, now.of(item.kind, item.name), options.secrets));
  const project = (then.services[0] ?? then.swarms[0])?.inputs.project ?? "";
  return { project, nodes: withRivals(withFollowers(nodesInOrder(secret))) };
}

/** An earlier state may have in clear what is secret today. */
function withSecrets(
  item: PlanNode,
  now: { outputs: { encrypted?: string[] } } | undefined,
  rule: SecretRule = {},
): PlanNode {
  const encrypted = now?.outputs.encrypted ?? [];
  const secret = [...new Set([...secretInputs(item, rule), ...encrypted])];
  return secret.length > 0 ? { ...item, secret } : item;
}

/** Returns the placement of a plan's services. */
export function placementOf({ nodes }: Plan): Placement {
  const placement: Placement = {};
  for (const { inputs } of nodes.filter(isKind("service"))) {
    const { service, host, replicas } = inputs;
    (placement[service] ??= {})[host.name] = replicas;
  }
  return placement;
}

type OnHost = "network" | "volume" | "hostImage" | "service" | "healthCheck" | "imageTag";

function plainNode<K extends OnHost>(
  kind: K,
  { name, inputs, dependsOn }: DeployedOf<K>,
  context: NodeOf<K>["context"],
  options: RestoreOptions,
): NodeOf<K> {
  return node(kind, name, hosted(inputs, options), context, dependsOn);
}

function hosted<T extends { host: HostRef }>(inputs: T, options: RestoreOptions): T {
  return { ...inputs, host: withCurrentAddress(inputs.host, options) };
}

/** Returns the current address, because a host may have moved since. */
function withCurrentAddress({ name, ...before }: HostRef, { now }: RestoreOptions): HostRef {
  return hostRef({ ...(now?.hosts.find(({ inputs }) => inputs.name === name)?.inputs ?? before), name });
}

function hostNode(inputs: HostInputs, then: StackState, options: RestoreOptions): PlanNode {
  const hosts = then.hosts.map((host) => ({
    host: withCurrentAddress(host.inputs, options),
    services: [
      ...new Set([
        ...options.others,
        ...[then, options.now].flatMap((state) => servicesOn(state, host.inputs.name)),
      ]),
    ].sort(),
  }));
  const { project, labels } = inputs;
  const own = { ...withCurrentAddress(inputs, options), project, ...(labels && { labels }) };
  return node("host", inputs.name, own, { hosts });
}

function servicesOn(state: StackState | undefined, host: string): string[] {
  const there = (state?.services ?? []).filter(({ inputs }) => inputs.host.name === host);
  return there.map(({ inputs }) => inputs.service);
}

/** A swarm's network is created for all hosts by the resource of one. */
function networkNode(
  network: StackState["networks"][number],
  then: StackState,
  options: RestoreOptions,
): NodeOf<"network"> {
  const { driver, external, name } = network.inputs;
  const own = plainNode("network", network, {}, options);
  if (driver !== "overlay" && !external) return own;
  const known = [...then.hosts, ...(options.now?.hosts ?? [])].map(({ inputs }) =>
    withCurrentAddress(inputs, options),
  );
  const hosts = known.filter((host, at) => known.findIndex((other) => other.name === host.name) === at);
  const [home] = then.networks
    .filter(({ inputs }) => inputs.name === name && !inputs.external)
    .sort((a, b) => homeFirst(a, b) || a.name.localeCompare(b.name));
  return { ...own, context: { hosts, ...(driver === "overlay" && home && { home: home.inputs.host.name }) } };
}

type DeployedNetwork = StackState["networks"][number];

function homeFirst(a: DeployedNetwork, b: DeployedNetwork): number {
  return Number(b.outputs.swarm?.home ?? false) - Number(a.outputs.swarm?.home ?? false);
}

function imageNode(image: StackState["images"][number], then: StackState, options: RestoreOptions): PlanNode {
  const id = `image ${image.name}`;
  const users = then.hostImages.filter(({ dependsOn }) => dependsOn.includes(id));
  const hosts = users.map(({ inputs }) => withCurrentAddress(inputs.host, options));
  const { digest } = image.outputs;
  if (digest === undefined) throw neverCameUp(image.name);
  return node("image", image.name, image.inputs, { hosts, pinnedDigest: digest }, image.dependsOn);
}

function hostImageNode(
  image: StackState["hostImages"][number],
  then: StackState,
  options: RestoreOptions,
): PlanNode {
  const imageId = idOn(image, then);
  const inputs = hosted(image.inputs, options);
  const holders = options.holders(imageId).filter(({ name }) => name !== inputs.host.name);
  const digest = new Ref(`image ${imageNameIn(image.dependsOn)}`, "digest");
  return node("hostImage", image.name, inputs, { digest, pinned: { imageId, holders } }, image.dependsOn);
}

/** The running image counts: a run that failed may have pulled the image without reaching the service. */
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
  options: RestoreOptions,
): PlanNode {
  const { name, dependsOn, outputs } = service;
  const inputs = hosted(service.inputs, options);
  const { last } = outputs;
  if (last === undefined) throw neverCameUp(name);
  const here = options.holders(last.imageId).some((host) => host.name === inputs.host.name);
  const image = then.hostImages.find(({ inputs: own }) => usesImage(inputs, own));
  const probe = probeOf(then, inputs.service, inputs.host.name);
  const borrowers = borrowersOf(inputs.service, inputsOn(then, inputs.host.name));
  const context: NodeOf<"service">["context"] = {
    ...last,
    // Known beforehand if the host has the image: then a preview is exact.
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
      host: withCurrentAddress(gate.host, options),
    })),
    ...(probe && { probe }),
    ...(borrowers.length > 0 && { borrowers }),
    workingDir: options.workingDir,
    configFiles: options.configFiles,
  };
  return node("service", name, inputs, context, dependsOn);
}

function inputsOn({ services }: StackState, host: string): Record<string, ServiceInputs> {
  const there = services.filter(({ inputs }) => inputs.host.name === host);
  return Object.fromEntries(there.map(({ inputs }) => [inputs.service, inputs]));
}

/** States of older versions contain only the order of services, not the conditions. */
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
      ...(probe && { probe }),
    };
  });
}

function tagGates(dependsOn: string[], then: StackState, options: RestoreOptions): Gate[] {
  const users = then.services.filter(({ name }) =>
    [`service ${name}`, `healthCheck ${name}`].some((id) => dependsOn.includes(id)),
  );
  return users.flatMap(({ inputs, name }) => {
    const check = then.healthChecks.find((one) => one.name === name);
    return wellGate(hosted(inputs, options), check?.inputs) ?? [];
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

/** Returns the image among the dependencies. */
function imageNameIn(dependsOn: string[]): string {
  const found = dependsOn.find((id) => id.startsWith("image "));
  if (found === undefined) throw new K2Error("not-found", "the state names no image among the dependencies");
  return found.slice("image ".length);
}

/** Sorts dependencies first. Nodes of two states may depend on each other: then the first one found is last. */
export function nodesInOrder<T extends Pick<PlanNode, "id" | "dependsOn">>(nodes: T[]): T[] {
  const byId = new Map(nodes.map((item) => [item.id, item]));
  return inDependencyOrder(nodes, ({ dependsOn }) => dependsOn.flatMap((id) => byId.get(id) ?? []));
}

function neverCameUp(name: string): K2Error {
  return new K2Error("not-found", `${name} never came up in that deployment`, {
    hint: "Choose another one: k2-compose rollback --list.",
  });
}
