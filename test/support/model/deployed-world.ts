/** A deployed plan: its state, and the hosts as its run left them. */
import { planFromJson, planToJson } from "../../../provider/model/plan/json.js";
import type { HostRef, Kind, ServiceContext } from "../../../provider/model/kinds.js";
import { label } from "../../../provider/model/labels.js";
import {
  adoptionOf,
  type Change,
  compare,
  DeployedResources,
  resourceOf,
} from "../../../provider/model/changes/compare.js";
import { kinds } from "../../../provider/model/changes/kinds.js";
import { followersOf } from "../../../provider/model/changes/followers.js";
import { printField } from "../../../provider/model/changes/fields.js";
import type { Observations } from "../../../provider/model/changes/previews.js";
import { volumeDefinition } from "../../../provider/model/changes/recreation.js";
import { desiredForRun } from "../../../provider/model/changes/service-drift.js";
import type { HostSnapshot, ObservedContainer } from "../../../provider/model/observed.js";
import { isKind, type NodeOf, type Plan, type PlanOptions } from "../../../provider/model/plan/node.js";
import { networkDefinition, networkHash, volumeHash } from "../../../provider/model/reconcile/config-hash.js";
import { revisionOf } from "../../../provider/model/reconcile/desired.js";
import { operationsOf, printOperation } from "../../../provider/model/reconcile/operations.js";
import { byKind, type StackState } from "../../../provider/model/stack-state.js";
import { planOf } from "./plans.js";
import { container } from "./simulated-engine.js";
import { stateOf } from "./state-of-plan.js";

export interface World {
  plan: Plan;
  state: StackState;
  snapshots: Map<string, HostSnapshot>;
  around: Partial<Observations>;
  on(host: string): HostSnapshot;
  containerOf(service: string): ObservedContainer;
}

const stack = "o/p/s";

/** Deploys a file without running anything. Digests of images are "local". */
export async function deployedWorld(file: string, options: Partial<PlanOptions> = {}): Promise<World> {
  const plan = await planOf(file, options);
  const state = stateOf(plan);
  const snapshots = new Map<string, HostSnapshot>();
  const on = (host: string) => snapshots.get(host) ?? fail(`no host ${host}`);
  const owned = { [label.stack]: stack };
  for (const { inputs } of plan.nodes.filter(isKind("host")))
    snapshots.set(inputs.name, emptyHost(inputs.name));
  for (const { inputs } of plan.nodes.filter(isKind("network"))) {
    const { name, project, driver = "bridge" } = inputs;
    const labels = { ...owned, [label.project]: project };
    const hash = { [label.configHash]: networkHash(networkDefinition(inputs)) };
    on(inputs.host.name).networks.push({
      ...{ id: `id of ${name}`, name, driver, subnets: [], options: {}, labels: { ...labels, ...hash } },
    });
  }
  for (const { inputs } of plan.nodes.filter(isKind("volume"))) {
    const labels = { ...owned, [label.configHash]: volumeHash(volumeDefinition(inputs)) };
    on(inputs.host.name).volumes.push({ name: inputs.name, driver: "local", labels });
  }
  for (const { inputs } of plan.nodes.filter(isKind("hostImage")))
    on(inputs.host.name).images.push({ id: `sha256:${inputs.image}`, tags: [inputs.image], digests: [] });
  for (const known of Object.values(byKind(state)).flat()) Object.assign(known.outputs, { stack, schema: 1 });
  for (const { inputs, outputs } of state.hosts) outputs.engineId = `engine of ${inputs.name}`;
  for (const { inputs, outputs } of state.networks) outputs.networkId = `id of ${inputs.name}`;
  for (const [at, { context }] of plan.nodes.filter(isKind("image")).entries()) {
    const services = Object.keys(context.bases ?? {});
    const bases = Object.fromEntries(services.map((name) => [name, "local"]));
    if (services.length > 0) Object.assign(state.images[at]?.outputs ?? {}, { bases });
  }
  for (const { inputs, outputs } of state.hostImages) outputs.imageId = `sha256:${inputs.image}`;
  for (const { inputs, outputs } of state.imageTags) outputs.imageId = `sha256:${inputs.source}`;
  for (const [at, node] of plan.nodes.filter(isKind("service")).entries()) {
    const { outputs } = state.services[at] ?? fail("a service is not in the state");
    const { inputs } = node;
    const shares = Object.keys((node.context.shares ?? {}) as object).map((name) => [name, [`${name}-1`]]);
    const restarts = Object.keys((node.context.restarts ?? {}) as object).map((name) => [
      name,
      [idOfFirst(name)],
    ]);
    const computed = { imageId: `sha256:${inputs.image}`, shares: Object.fromEntries(shares) as object };
    const context = {
      ...node.context,
      ...computed,
      imageHealthcheck: false,
      run: { stack },
    } as ServiceContext;
    if (restarts.length > 0) context.restarts = Object.fromEntries(restarts) as Record<string, string[]>;
    const seen = on(inputs.host.name);
    const wanted = desiredForRun(inputs as never, context, undefined, seen);
    const id = idOfFirst(inputs.service);
    outputs.containerIds = [id];
    outputs.revision = revisionOf(wanted);
    Object.assign(outputs.last ?? {}, computed, { restarts: context.restarts });
    const own = container(id, { name: `shop-${inputs.service}-1`, hash: wanted.configHash });
    own.imageId = wanted.imageId;
    own.health = undefined;
    Object.assign(own.labels, { [label.service]: inputs.service, [label.image]: wanted.imageId });
    own.networks = Object.fromEntries(
      Object.values(context.networks).map((name) => [name, { id: `id of ${name}` }]),
    );
    own.mounts = Object.values(context.volumes).map((name) => ({
      ...{ type: "volume", name, target: "/data", writable: true },
    }));
    seen.containers.push(own);
  }
  for (const { inputs, outputs } of state.healthChecks)
    outputs.revision = state.services.find((one) => one.inputs.service === inputs.service)?.outputs.revision;
  return worldOf(plan, state, snapshots);
}

/** Returns a world that a test may edit. */
export function copyOf({ plan, state, snapshots }: World): World {
  return worldOf(planFromJson(planToJson(plan)), structuredClone(state), structuredClone(snapshots));
}

function worldOf(plan: Plan, state: StackState, snapshots: Map<string, HostSnapshot>): World {
  const on = (host: string) => snapshots.get(host) ?? fail(`no host ${host}`);
  const all = () => [...snapshots.values()].flatMap(({ containers }) => containers);
  const containerOf = (service: string) =>
    all().find(({ id }) => id === idOfFirst(service)) ?? fail(`no container of ${service}`);
  return { plan, state, snapshots, around: {}, on, containerOf };
}

/** "web@a" and "web" have one container. */
function idOfFirst(service: string): string {
  return `${service.replace(/@.*/, "")}-1`;
}

function emptyHost(name: string): HostSnapshot {
  const facts = { version: "28", apiVersion: "1.47", os: "linux", arch: "amd64", cpus: 4, memory: 1 << 30 };
  const engine = { id: `engine of ${name}`, name, ...facts };
  const none = {
    id: `bridge of ${name}`,
    name: "bridge",
    driver: "bridge",
    labels: {},
    subnets: [],
    options: {},
  };
  return { engine, containers: [], images: [], networks: [none], volumes: [] };
}

/** The changes of the next `up`, one a line: action, id, fields and reasons. */
export function changesIn({ plan, state, snapshots, around }: World, deployed = true): string[] {
  const observed = { run: { stack }, snapshots, filesHash: () => undefined, ...around };
  return compare(plan, deployed ? state : undefined, observed).flatMap(printChange);
}

/** The observations that the next `up` needs for each resource: hosts, more hosts, a registry, and an inspected service. */
export function needsIn({ plan, state, snapshots, around }: World): string[] {
  const known = new DeployedResources(state);
  const needsOf = <K extends Kind>(node: NodeOf<K>) => {
    const resource = resourceOf(node, known.of(node.kind, node.name), { run: { stack }, ...around });
    const { hosts, others, registry, inspected } = kinds[node.kind].needs(resource);
    const own = snapshots.get(hosts[0]?.name ?? "");
    const names = (refs: HostRef[] = []) => refs.map(({ name }) => name).join(" ");
    return [
      `${node.id}: ${names(hosts) || "nothing"}`,
      ...(own && others ? [`others ${names(others(own)) || "none"}`] : []),
      ...(registry ? [`registry ${registry.image} through ${names(registry.hosts)}`] : []),
      ...(inspected
        ? [`inspects ${inspected.inputs.service}`, JSON.stringify(inspected.names.networks)]
        : []),
    ].join("; ");
  };
  return plan.nodes.map(needsOf);
}

/** Which services follow those with these ids, after the changes of the next `up`. */
export function followersIn({ plan, state, snapshots, around }: World, ids: string[]): string {
  const observed = { run: { stack }, snapshots, filesHash: () => undefined, ...around };
  return followersOf(plan, compare(plan, state, observed), new Set(ids)).join(", ") || "none";
}

function printChange(change: Change): string[] {
  const { action, id, fields, reasons, fate, operations } = change;
  if (action === "same" && reasons.length === 0) return [];
  const coded = reasons.map(({ code, text }) => `${text} [${code}]`);
  const details = [...fields.map(printField), ...coded].join("; ");
  const steps = operations ? operationsOf(operations).map(printOperation) : [];
  const verb = action === "adopt" ? `adopt ${adoptionOf(change)}` : action;
  return [`${verb} ${id}${fate ? ` (${fate})` : ""}${details && `: ${details}`}`, ...steps];
}

function fail(text: string): never {
  throw new Error(text);
}
