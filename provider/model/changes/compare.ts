/**
 * Compares plan, state and snapshots, and returns the changes of `up`. Equals a Pulumi preview, which calls the same
 * functions in another process; a test compares the two.
 */
import type { Fate } from "./followers.js";
import { changedFields, type Field } from "./fields.js";
import { allKinds, type HostRef, idOf, type Kind, resourceKinds } from "../kinds.js";
import { kinds, type Resource } from "./kinds.js";
import { holdsAny, type HostSnapshot, instanceOf } from "../observed.js";
import type { Operations } from "../reconcile/operations.js";
import { asDeployed } from "./older-inputs.js";
import { refusedTakeOvers } from "../ownership.js";
import { contextOf, type NodeOf, type Plan, type PlanNode, type Ref } from "../plan/node.js";
import { type PreviewContext, type Prediction, previews, type Observations } from "./previews.js";
import { reason, type Reason, textsOf } from "../reasons.js";
import { lacksEncryption, toBeEncrypted } from "./encryption.js";
import { maskedIn, maskFields, unmasked } from "./masked-inputs.js";
import { isForced } from "./service-drift.js";
import { byKind, type DeployedOf, type StackState } from "../stack-state.js";
import { isUnknown, unknown } from "../unknown.js";

/**
 * `adopt`: an existing object is taken into state. `change`: the file changed, or another change or an option caused
 * it. `drift`: the host changed. `remove`: it left the file. `forget`: it leaves the state only. `encrypt`: the state
 * has values in clear that are secret now. `same`: nothing.
 */
export type Action = "create" | "adopt" | "change" | "drift" | "remove" | "forget" | "encrypt" | "same";

export interface Change {
  /** "service web@b" */
  id: string;
  kind: Kind;
  name: string;
  urn?: string;
  /** Absent for an image of the stack, which is not on a host. */
  host?: string;
  action: Action;
  fields: Field[];
  /** The reasons, or the planned actions. */
  reasons: Reason[];
  /** Only for a service: the planned operations on its containers. */
  operations?: Operations;
  /** Only for a service whose containers are not replaced. */
  fate?: Fate;
  /** Outputs that are known before the run, though the resource changes. */
  foreseen?: object;
}

/** The effect on an existing object that is taken into state. */
export function adoptionOf({ reasons, operations }: Change): "as-it-is" | "changed" | "refused" {
  const codes = new Set(reasons.map(({ code }) => code));
  if (codes.has("foreign") || codes.has("refused")) return "refused";
  const isChanged = (operations?.stages.length ?? 0) > 0 || codes.has("recreated");
  return isChanged ? "changed" : "as-it-is";
}

/** The changes for programs: reasons as their texts, and kinds as in ids. */
export function changesToJson(changes: Change[]): object[] {
  return changes.map(({ fate: _fate, foreseen: _foreseen, ...change }) => ({
    ...{ ...change, kind: change.kind === "hostImage" ? "image" : change.kind },
    reasons: textsOf(change.reasons),
    ...(change.operations && {
      operations: { ...change.operations, reasons: textsOf(change.operations.reasons) },
    }),
  }));
}

/** Returns the changes in the order of work: removals come last. */
export function compare(plan: Plan, state: StackState | undefined, observations: Observations): Change[] {
  const recreated = recreatedBy(plan, observations);
  const fates = new Map<string, Fate>();
  const observed: PreviewContext = {
    ...observations,
    isRecreated: (host, thing) => recreated.has(`${host.name} ${thing}`),
    idsOn: (host) => idsOf(state, host),
    fateOf: (service, host) => fates.get(`${service}@${host.name}`),
  };
  const known = new DeployedResources(state);
  const outputs = new Map<string, object>();
  const changes = plan.nodes.map((planned) => {
    const last = known.of(planned.kind, planned.name);
    const node = planned.kind === "service" ? settled(planned, known, observed) : planned;
    const resource = resourceOf(node, last, observed, (ref) => outputOf(outputs, ref));
    const change = changeOf(node, resource, last, observed);
    if (last && ["same", "encrypt"].includes(change.action)) outputs.set(node.id, last.outputs);
    else if (change.foreseen) outputs.set(node.id, change.foreseen);
    else if (node.kind === "service" && last && change.fate) {
      fates.set(`${node.inputs.project}/${node.name}`, change.fate);
      if ("containerIds" in last.outputs) outputs.set(node.id, { containerIds: last.outputs.containerIds });
    }
    return change;
  });
  const planned = new Set(plan.nodes.map(({ id }) => id));
  const gone = known.all().filter(({ id }) => !planned.has(id));
  return [...changes, ...gone.reverse().map(({ kind, last }) => removalOf(kind, last, plan, observed))];
}

function settled(
  node: NodeOf<"service">,
  known: DeployedResources,
  observed: PreviewContext,
): NodeOf<"service"> {
  const last = known.of(node.kind, node.name);
  if (!last || isForced(observed.run, node.inputs.service)) return node;
  return { ...node, inputs: asDeployed(node.inputs, () => unmasked(node, last, observed)) };
}

/** Outputs of resources that will change are not known yet. */
function outputOf(outputs: Map<string, object>, { node, output }: Ref): unknown {
  const known: unknown = Reflect.get(outputs.get(node) ?? {}, output);
  return known ?? unknown;
}

/** The resource, as far as it is known before the run. */
export function resourceOf<K extends Kind>(
  node: NodeOf<K>,
  last: DeployedOf<K> | undefined,
  { run }: Pick<Observations, "run">,
  valueOf: (ref: Ref) => unknown = () => unknown,
): Resource<K> {
  return { inputs: node.inputs, context: contextOf(node, run, valueOf), outputs: last?.outputs ?? {} };
}

/** Ids of containers and networks on the engine that created them. */
function idsOf(state: StackState | undefined, host: string): string[] {
  const isThere = ({ inputs }: { inputs: { host: HostRef } }) => inputs.host.name === host;
  const containers =
    state?.services.filter(isThere).flatMap(({ outputs }) => outputs.containerIds ?? []) ?? [];
  const networks = state?.networks.filter(isThere).flatMap(({ outputs }) => outputs.networkId ?? []) ?? [];
  return [...containers, ...networks];
}

/** "a network shop_default" */
function recreatedBy({ nodes }: Plan, observed: Observations): Set<string> {
  return new Set(nodes.flatMap((node) => recreatedOf(node, observed)));
}

function recreatedOf<K extends Kind>(
  { kind, inputs }: NodeOf<K>,
  { snapshots, run }: Observations,
): string[] {
  const { host, recreated } = kinds[kind];
  const name = host(inputs)?.name ?? "";
  const seen = snapshots.get(name);
  const thing = seen && recreated?.(inputs, seen, run);
  return thing === undefined ? [] : [`${name} ${thing}`];
}

export interface DeployedResource {
  id: string;
  kind: Kind;
  last: DeployedOf<Kind>;
}

/** The resources of the state, by kind and name. */
export class DeployedResources {
  private readonly lists: { [K in Kind]?: DeployedOf<K>[] };
  private readonly places = new Map<string, number>();

  constructor(state: StackState | undefined) {
    this.lists = state ? byKind(state) : {};
    for (const kind of allKinds)
      for (const [at, { name }] of (this.lists[kind] ?? []).entries()) this.places.set(`${kind} ${name}`, at);
  }

  of<K extends Kind>(kind: K, name: string): DeployedOf<K> | undefined {
    return this.lists[kind]?.[this.places.get(`${kind} ${name}`) ?? -1];
  }

  /** By the ids that a plan assigns. */
  all(): DeployedResource[] {
    return allKinds.flatMap((kind) =>
      (this.lists[kind] ?? []).map((last) => ({ id: idOf(resourceKinds[kind], last.name), kind, last })),
    );
  }
}

function changeOf<K extends Kind>(
  node: NodeOf<K>,
  resource: Resource<K>,
  last: DeployedOf<K> | undefined,
  observed: PreviewContext,
): Change {
  const host = kinds[node.kind].host(node.inputs);
  const seen = host && observed.snapshots.get(host.name);
  const predicted = predictionOf(node.kind, resource, last, observed) ?? { reasons: [] };
  const change: Change = {
    ...{ id: node.id, kind: node.kind, name: node.name, action: "same", fields: [] },
    reasons: predicted.reasons,
    ...(host && { host: host.name }),
    ...(last && { urn: last.urn }),
  };
  return last
    ? changeOfKnown({ ...change, ...operationsIn(predicted) }, node, resource, last, observed)
    : { ...change, ...additionOf(node, seen, predicted, observed) };
}

function predictionOf<K extends Kind>(
  kind: K,
  resource: Resource<K>,
  last: DeployedOf<K> | undefined,
  observed: PreviewContext,
): Prediction | undefined {
  const seen = observed.snapshots.get(kinds[kind].host(resource.inputs)?.name ?? "");
  const { predict, predictOnSwarm } = previews[kind];
  return seen && predict
    ? predict(resource, last, seen, observed)
    : observed.swarm && predictOnSwarm?.(resource, last, observed.swarm);
}

function operationsIn({
  operations,
  fate,
  foreseen,
}: Prediction): Pick<Change, "operations" | "fate" | "foreseen"> {
  return { ...(operations && { operations }), ...(fate && { fate }), ...(foreseen && { foreseen }) };
}

/** The change of a resource that is not in state. */
function additionOf<K extends Kind>(
  { kind, inputs }: NodeOf<K>,
  seen: HostSnapshot | undefined,
  predicted: Prediction,
  { run }: PreviewContext,
): Pick<Change, "action" | "reasons" | "operations" | "foreseen"> {
  const refused = refusedTakeOvers((seen && kinds[kind].thing?.existing(inputs, seen)) ?? [], run);
  if (refused.length > 0) return { action: "adopt", reasons: refused };
  const { isThere, reasons } = predicted;
  return { action: isThere ? "adopt" : "create", reasons, ...operationsIn(predicted) };
}

function changeOfKnown<K extends Kind>(
  change: Change,
  node: NodeOf<K>,
  resource: Resource<K>,
  last: DeployedOf<K>,
  observed: PreviewContext,
): Change {
  const { kind, secret = [] } = node;
  const changed = changedFields(unmasked(node, last, observed), JSON.parse(JSON.stringify(resource.inputs)));
  const fields = maskFields(changed, [...secret, ...maskedIn(last.inputs)]);
  if (fields.length > 0) return { ...change, fields, action: "change" };
  if (last.unfinished) {
    const left = reason("unfinished", change.name, "was not finished");
    return { ...change, action: "change", reasons: [left, ...change.reasons] };
  }
  const reasons = kinds[kind].drift(resource, observed);
  if (reasons.length === 0) return { ...change, ...encryptionOf(change, secret, last.outputs) };
  // Caused by another change or an option, not by drift.
  const isOurs = isUnknown(resource.context) || previews[kind].isAskedFor?.(resource, observed);
  return { ...change, action: isOurs ? "change" : "drift", reasons };
}

function encryptionOf(
  { name }: Change,
  secret: string[],
  outputs: { encrypted?: string[] },
): Pick<Change, "action" | "reasons"> {
  return lacksEncryption(secret, outputs)
    ? { action: "encrypt", reasons: [toBeEncrypted(name)] }
    : { action: "same", reasons: [] };
}

function removalOf<K extends Kind>(
  kind: K,
  last: DeployedOf<K>,
  plan: Plan,
  { run, snapshots }: PreviewContext,
): Change {
  const host = kinds[kind].host(last.inputs);
  const change: Change = {
    ...{ id: idOf(resourceKinds[kind], last.name), kind, name: last.name, urn: last.urn },
    ...{ action: "remove", fields: [], reasons: [] },
    ...(host && { host: host.name }),
  };
  const own = previews[kind].removal;
  if (!own) return { ...change, action: "forget" };
  const stays = own.stays?.(last, run);
  if (stays) return { ...change, action: "forget", reasons: [stays] };
  const isSuccessor = (node: PlanNode) => isSameThing(node, kind, last, snapshots);
  const successor = plan.nodes.find(isSuccessor);
  if (!successor) return change;
  const text = `${successor.name} is the same resource on the same engine`;
  return { ...change, action: "forget", reasons: [reason("stays", last.name, text)] };
}

/** Returns whether two host names refer to one engine: what the new name claims, the old one only forgets. */
function isSameThing<K extends Kind>(
  node: PlanNode,
  kind: K,
  last: DeployedOf<K>,
  snapshots: Observations["snapshots"],
): boolean {
  const thing = kinds[kind].thing?.id(last.inputs);
  const { thing: planned, host } = placeOf(node);
  const now = snapshots.get(host?.name ?? "");
  if (thing === undefined || thing !== planned || !now) return false;
  const ids = previews[kind].removal?.ids(last.outputs);
  // A swarm has one network for all its hosts.
  if (!ids) return true;
  const before = snapshots.get(kinds[kind].host(last.inputs)?.name ?? "");
  if (before) return instanceOf(before) === instanceOf(now);
  return "engineId" in last.outputs && now.engine.id === last.outputs.engineId && holdsAny(now, ids);
}

function placeOf<K extends Kind>({ kind, inputs }: NodeOf<K>) {
  return { thing: kinds[kind].thing?.id(inputs), host: kinds[kind].host(inputs) };
}
