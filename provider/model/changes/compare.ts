/**
 * Plan + state + what is seen -> what `up` would change. Says the same as a preview of Pulumi's, which asks the same
 * functions in another process; pinned by a test.
 */
import { anewReasons, networkStartsAnew, volumeStartsAnew, volumeWords } from "./recreation.js";
import { filesHashIn, revisionOf } from "../reconcile/desired.js";
import { foresee, isForced, type LastKnown, leftAt, serviceOperations, wantedService } from "./drift.js";
import { changedFields, type Field } from "./fields.js";
import type {
  HostInputs,
  ImageOutputs,
  NetworkInputs,
  NetworkOutputs,
  ServiceContext,
  ServiceInputs,
  ServiceOutputs,
  VolumeInputs,
} from "../kinds.js";
import { holdsAny, type HostSnapshot, instanceOf } from "../observed.js";
import type { Operations } from "../reconcile/operations.js";
import { whatIsRefused } from "./ownership.js";
import { type Plan } from "../plan/node.js";
import { type PlanNode } from "../plan/node.js";
import { type Kind } from "../plan/node.js";
import { Ref } from "../plan/node.js";
import { type Reason, reason, textsOf } from "../reasons.js";
import { type AnyDeployed, type Around, driftOf, hostOf, type Surroundings } from "./resource-drift.js";
import { secret, type StackState } from "../stack-state.js";
import { isUnknown, unknown } from "../unknown.js";

/**
 * `adopt`: what is there is taken into state. `change`: the file changed, or it follows from another change, or was asked
 * for. `drift`: the host changed. `remove`: it left the file. `forget`: it leaves the state only. `same`: nothing.
 */
export type Action = "create" | "adopt" | "change" | "drift" | "remove" | "forget" | "same";

export interface Change {
  /** "service web@b" */
  id: string;
  kind: Kind;
  name: string;
  urn?: string;
  /** Absent for an image of the stack, which is on no host. */
  host?: string;
  action: Action;
  fields: Field[];
  /** Why, or what will happen. */
  reasons: Reason[];
  /** Of a service: what would be done to its containers. */
  operations?: Operations;
}

/** For programs: reasons as their texts. */
export function changesToJson(changes: Change[]): object[] {
  return changes.map((change) => ({
    ...{ ...change, reasons: textsOf(change.reasons) },
    ...(change.operations && {
      operations: { ...change.operations, reasons: textsOf(change.operations.reasons) },
    }),
  }));
}

/** In the order of work: what goes comes last. */
export function compare(plan: Plan, state: StackState | undefined, surroundings: Surroundings): Change[] {
  const idsOn = (host: string) => idsOf(state, host);
  const around = { ...surroundings, anew: startingAnew(plan, surroundings), idsOn };
  const known = knownResources(state);
  const outputs = new Map<string, Record<string, unknown>>();
  const changes = plan.nodes.map((node) => {
    const last = known.get(node.id);
    const context = fill(node.context, outputs) as never;
    const change = changeOf(node, context, last, around);
    if (last && change.action === "same") outputs.set(node.id, last.outputs as Record<string, unknown>);
    return change;
  });
  const planned = new Set(plan.nodes.map(({ id }) => id));
  const gone = [...known].filter(([id]) => !planned.has(id)).reverse();
  return [...changes, ...gone.map(([id, last]) => removal(id, last, plan, around))];
}

/** Containers and networks, as the engine that they were made on knows them. */
function idsOf(state: StackState | undefined, host: string): string[] {
  const isThere = ({ inputs }: { inputs: { host: { name: string } } }) => inputs.host.name === host;
  const containers =
    state?.services.filter(isThere).flatMap(({ outputs }) => outputs.containerIds ?? []) ?? [];
  const networks = state?.networks.filter(isThere).flatMap(({ outputs }) => outputs.networkId ?? []) ?? [];
  return [...containers, ...networks];
}

function startingAnew({ nodes }: Plan, { run, sights }: Surroundings): Set<string> {
  const starts = nodes.filter(({ kind, inputs }) => {
    const seen = sights.get(hostOf(kind, inputs)?.name ?? "");
    if (!seen) return false;
    if (kind === "network") return networkStartsAnew(inputs as NetworkInputs, seen);
    return kind === "volume" && volumeStartsAnew(inputs as VolumeInputs, seen, run);
  });
  return new Set(
    starts.map(({ kind, inputs }) => {
      const { host, name } = inputs as NetworkInputs | VolumeInputs;
      return `${host.name} ${kind} ${name}`;
    }),
  );
}

const lists: [Kind, keyof StackState][] = [
  ["host", "hosts"],
  ["network", "networks"],
  ["volume", "volumes"],
  ["image", "images"],
  ["image", "hostImages"],
  ["service", "services"],
  ["healthCheck", "healthChecks"],
  ["imageTag", "imageTags"],
];

/** By the ids that a plan gives them. */
export function knownResources(state: StackState | undefined): Map<string, AnyDeployed> {
  const known = new Map<string, AnyDeployed>();
  for (const [kind, list] of lists) {
    for (const resource of (state?.[list] ?? []) as unknown as AnyDeployed[])
      known.set(`${kind} ${resource.name}`, resource);
  }
  return known;
}

function changeOf(node: PlanNode, context: never, last: AnyDeployed | undefined, around: Around): Change {
  const host = hostOf(node.kind, node.inputs);
  const change: Change = {
    ...{ id: node.id, kind: node.kind, name: node.name, action: "same", fields: [], reasons: [] },
    ...(host && { host: host.name }),
    ...(last && { urn: last.urn }),
  };
  if (node.kind === "service") describeService(change, node.inputs as ServiceInputs, context, last, around);
  if (node.kind === "volume") change.reasons = wordsOfVolume(node.inputs as VolumeInputs, around);
  if (!last) {
    const refused = refusals(node, around);
    if (refused.length > 0) return { ...withoutOperations(change), action: "adopt", reasons: refused };
    if (change.action === "adopt") return change;
    const action = adopts(node, around) ? "adopt" : "create";
    return { ...change, action, reasons: [...change.reasons, ...externalReasons(node, action, around)] };
  }
  change.fields = changedFields(last.inputs, JSON.parse(JSON.stringify(node.inputs)));
  if (node.kind === "service")
    change.fields = withoutEqualSecrets(
      change.fields,
      node.inputs as ServiceInputs,
      last,
      context,
      around,
    ).map(hidden);
  if (node.kind === "host") change.reasons = hostWords(node.inputs as HostInputs, last, around);
  if (change.fields.length > 0) return { ...change, action: "change" };
  if (last.unfinished)
    return {
      ...change,
      action: "change",
      reasons: [reason("unfinished", node.name, "was not finished"), ...change.reasons],
    };
  const reasons = driftOf(node, context, last, around);
  if (reasons.length === 0) return { ...change, reasons: [] };
  const isUnbuilt = (last.outputs as Partial<ImageOutputs>).unbuilt === true;
  return { ...change, action: isUnbuilt || isOurDoing(node, context, around) ? "change" : "drift", reasons };
}

/** It follows from another change, or was asked for: nothing has drifted. */
function isOurDoing({ kind, inputs }: PlanNode, context: object, { run, anew }: Around): boolean {
  if (isUnknown(context)) return true;
  if (kind === "image") return run.build === true;
  if (kind !== "service") return false;
  const { service, host } = inputs as ServiceInputs;
  const renewed = anewReasons(context as ServiceContext, (thing) => anew.has(`${host.name} ${thing}`));
  return isForced(run, service) || renewed.length > 0;
}

function hostWords(inputs: HostInputs, last: AnyDeployed, { sights, idsOn }: Around): Reason[] {
  const seen = sights.get(inputs.name);
  if (!seen) return [];
  // A host that is only called otherwise is found again by what it has.
  const isSame = seen.engine.id === last.outputs.engineId && holdsAny(seen, idsOn(inputs.name));
  return leftAt(last.inputs as unknown as HostInputs, inputs, isSame);
}

function wordsOfVolume(inputs: VolumeInputs, { sights, run }: Surroundings): Reason[] {
  const seen = sights.get(inputs.host.name);
  return seen ? volumeWords(inputs, seen, run) : [];
}

function describeService(
  change: Change,
  inputs: ServiceInputs,
  context: ServiceContext,
  last: AnyDeployed | undefined,
  around: Surroundings,
): void {
  const seen = around.sights.get(inputs.host.name);
  const foreseen = seen && foresee(inputs, { ...context, run: around.run }, seen);
  if (!seen || !foreseen) return;
  const operations = serviceOperations(
    inputs,
    foreseen,
    around.filesHash(inputs),
    seen,
    last?.outputs as LastKnown | undefined,
  );
  change.operations = operations;
  change.reasons = operations.reasons;
  const there =
    operations.kept.length > 0 ||
    operations.stages
      .flat()
      .some(({ steps }) => steps.some((step) => "container" in step && step.container.id));
  if (!last && there) change.action = "adopt";
}

function refusals(node: PlanNode, { sights, run }: Surroundings): Reason[] {
  const seen = sights.get(hostOf(node.kind, node.inputs)?.name ?? "");
  return seen ? whatIsRefused(node, seen, run) : [];
}

function withoutOperations({ operations: _, ...change }: Change): Change {
  return change;
}

/** Other things are adopted by name. */
function adopts({ kind, inputs }: PlanNode, { sights }: Surroundings): boolean {
  if (kind !== "network" && kind !== "volume") return false;
  const { host, name } = inputs as NetworkInputs | VolumeInputs;
  const seen = sights.get(host.name);
  return (kind === "network" ? seen?.networks : seen?.volumes)?.some((item) => item.name === name) ?? false;
}

/** What is somebody else's is not taken over; where it is missing the run would fail, which is to be said before. */
function externalReasons({ kind, inputs }: PlanNode, action: Action, { sights }: Surroundings): Reason[] {
  if (kind !== "network" && kind !== "volume") return [];
  const { host, name, external } = inputs as NetworkInputs | VolumeInputs;
  if (external && action === "adopt") return [reason("external", name, "is external: used as it is")];
  const seen = sights.get(host.name);
  // An engine that only works for a swarm does not know networks that nobody uses there.
  const mayBeHidden = kind === "network" && seen?.engine.swarm && !seen.engine.swarm.manager;
  if (!external || !seen || mayBeHidden) return [];
  return [reason("external", name, `is external, and not there: create it (docker ${kind} create ${name})`)];
}

/** Of a secret only that it changes may be said. */
function hidden({ path, before, after }: Field): Field {
  const isSecret = before === secret || path.startsWith("secret_contents");
  return { path, before, after: isSecret && after !== undefined ? secret : after };
}

/** State keeps secrets encrypted; that they are equal is told by the hashes that were computed with them. */
function withoutEqualSecrets(
  fields: Field[],
  inputs: ServiceInputs,
  last: AnyDeployed,
  context: ServiceContext,
  around: Surroundings,
): Field[] {
  if (!fields.some(({ before }) => before === secret)) return fields;
  const { revision, last: before } = last.outputs as Partial<ServiceOutputs>;
  const wanted = wantedService(inputs, { ...context, ...before, run: around.run }, around.filesHash(inputs), {
    networks: [],
  });
  const isSame = revisionOf(wanted) === revision;
  const sameFiles = revision !== undefined && filesHashIn(revision) === wanted.filesHash;
  return fields.filter(
    ({ before: value, path }) =>
      value !== secret || !(isSame || (sameFiles && /^(config|secret)_contents\./.test(path))),
  );
}

function removal(id: string, last: AnyDeployed, plan: Plan, { run, sights }: Surroundings): Change {
  const kind = id.split(" ")[0] as Kind;
  const host = hostOf(kind, last.inputs as never);
  const change: Change = {
    ...{ id, kind, name: last.name, urn: last.urn, action: "remove", fields: [], reasons: [] },
    ...(host && { host: host.name }),
  };
  if (!["network", "volume", "service"].includes(kind)) return { ...change, action: "forget" };
  if (kind === "volume" && run.volumes !== "remove")
    return { ...change, action: "forget", reasons: [reason("stays", last.name, "its data stays")] };
  const { swarm } = last.outputs as Partial<NetworkOutputs>;
  if (swarm && !swarm.home)
    return {
      ...change,
      action: "forget",
      reasons: [reason("stays", last.name, "others of its swarm use it")],
    };
  const heir = plan.nodes.find((node) => node.kind === kind && isSameThing(node, last, sights));
  if (!heir) return change;
  return {
    ...change,
    action: "forget",
    reasons: [reason("stays", last.name, `${heir.name} is the same engine's`)],
  };
}

/** One engine under two names: what the new name claims, the old one only forgets. */
function isSameThing(node: PlanNode, last: AnyDeployed, sights: Map<string, HostSnapshot>): boolean {
  const keys = ["project", node.kind];
  const inputs = node.inputs as unknown as Record<string, unknown>;
  if (keys.some((key) => inputs[key] !== last.inputs[key])) return false;
  const host = hostOf(node.kind, node.inputs);
  const [before, now] = [hostOf(node.kind, last.inputs as never), host].map(
    (ref) => ref && sights.get(ref.name),
  );
  if (!now) return false;
  // One network for all hosts of the swarm.
  if (node.kind === "network" && last.outputs.swarm && inputs.driver === "overlay") return true;
  if (before) return instanceOf(before) === instanceOf(now);
  const { containerIds, networkId } = last.outputs as Partial<ServiceOutputs & NetworkOutputs>;
  const own = containerIds ?? (networkId === undefined ? [] : [networkId]);
  return now.engine.id === last.outputs.engineId && holdsAny(now, own);
}

/** Refs to what stays as it is become values; all others are not known yet. */
function fill(value: unknown, outputs: Map<string, Record<string, unknown>>): unknown {
  if (value instanceof Ref) return outputs.get(value.node)?.[value.output] ?? unknown;
  if (Array.isArray(value)) return value.map((item) => fill(item, outputs));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, outputs)]));
}
