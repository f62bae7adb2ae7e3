/**
 * `failure_action: rollback`, after a run. The host that fails rolls back by itself; this computes which other hosts
 * roll back or retry, to which version, and by which plan. Pure.
 */
import { changedOnHosts, type ServiceChange } from "./service-changes.js";
import { withRivals } from "../plan/exclusive.js";
import { withFollowers } from "../plan/followers.js";
import { isKind, type NodeOf, type Plan, type PlanNode, Ref } from "../plan/node.js";
import { withNeeds } from "../plan/dependencies.js";
import { nodesInOrder, restorePlan, type RestoreOptions, usesImage } from "./restore-plan.js";
import { rollingOf } from "../reconcile/update-policy.js";
import { byKind, type StackState } from "../stack-state.js";
import { addTo } from "../../shared/grouped.js";

/** Returns the services of the plan that roll back on failure, by name, with the nodes of all their hosts. */
export function servicesWithRollback({ nodes }: Plan): Map<string, NodeOf<"service">[]> {
  const found = new Map<string, NodeOf<"service">[]>();
  for (const item of nodes.filter(isKind("service"))) {
    const { inputs } = item;
    if (rollingOf(inputs).onFailure !== "rollback") continue;
    addTo(found, inputs.service, item);
  }
  return found;
}

/** The hosts on which they failed: "web@b". The failure of a need on the same host counts: its image, its networks. */
export function failuresOf(
  plan: Plan,
  { failed, away }: { failed: ReadonlySet<string>; away: ReadonlySet<string> },
): Map<string, string[]> {
  const isNeed = (id: string) => /^(image|network|volume) /.test(id);
  const isFailed = (item: NodeOf<"service">) =>
    [item.id, `healthCheck ${item.name}`, ...item.dependsOn.filter(isNeed), ...ownImages(plan, item)].some(
      (one) => failed.has(one),
    );
  const isThere = ({ inputs }: NodeOf<"service">) => !away.has(inputs.host.name);
  const all = [...servicesWithRollback(plan)].map(
    ([service, hosts]) =>
      [service, hosts.filter((item) => isThere(item) && isFailed(item)).map(({ name }) => name)] as const,
  );
  return new Map(all.filter(([, names]) => names.length > 0));
}

/** The result of a run of stock Pulumi, which does not roll back other hosts: a sentence for each service. */
export function notRolledBack(plan: Plan, unmet: ReadonlySet<string>): string[] {
  const returning = servicesWithRollback(plan);
  return [...failuresOf(plan, { failed: unmet, away: new Set() })].flatMap(([service, names]) => {
    const hosts = (returning.get(service) ?? []).filter(({ name }) => !names.includes(name));
    if (hosts.length === 0) return [];
    const others = hosts.map(({ name }) => name).join(", ");
    return [
      `not done: ${names.join(", ")}; not rolled back: ${others}. \`k2-compose rollback\` restores all hosts`,
    ];
  });
}

/** A finished run: the state that it left, and whether it succeeded. */
interface FinishedRun {
  isWell: boolean;
  state: StackState;
}

/**
 * Returns the index of the run (oldest first) whose state is to be restored, or -1. It is the last run, unless runs
 * failed and left the service unchanged on the host that has failed again: those belonged to this change already, and
 * were killed or stopped before every host had rolled back.
 */
export function runBeforeChange(runs: FinishedRun[], failed: string): number {
  const revision = (at: number) =>
    runs[at]?.state.services.find(({ name }) => name === failed)?.outputs.revision;
  let at = runs.length - 1;
  while (runs[at]?.isWell === false && revision(at) !== undefined && revision(at) === revision(at - 1)) at--;
  return at;
}

/**
 * Returns where a service has changed ("web@a"), and where it is new: there it has no version to roll back to. A place
 * that failed and is not new has rolled back already if its own rollback succeeded, which is not in the state.
 */
export function placesToRollBack(
  service: string,
  { then, now, failed }: { then: StackState; now: StackState; failed: string[] },
): { back: string[]; fresh: string[]; doubtful: string[] } {
  const revisionIn = (state: StackState, name: string) =>
    state.services.find((one) => one.name === name)?.outputs.revision;
  // A failed place that the state only marks as unfinished may have rolled back as well.
  const isDoubtful = ({ service: name, what, replicas }: ServiceChange) =>
    what === "changed" &&
    !replicas &&
    failed.includes(name) &&
    revisionIn(then, name) === revisionIn(now, name);
  const changed = changedOnHosts(then, now).filter(
    (change) => change.service.split("@")[0] === service && !isDoubtful(change),
  );
  const cameUp = new Set(then.services.filter(hasComeUp).map(({ name }) => name));
  const names = changed.filter(({ what }) => what !== "removed").map(({ service: name }) => name);
  const back = names.filter((name) => cameUp.has(name));
  const fresh = names.filter((name) => !cameUp.has(name));
  const doubtful = failed.filter((name) => cameUp.has(name) && !back.includes(name));
  return { back, fresh, doubtful };
}

function hasComeUp({ outputs: { last } }: StackState["services"][number]): boolean {
  return last !== undefined && !last.neverUp;
}

/** The services that return to one state. */
export interface RollbackTarget {
  then: StackState;
  /** "web@a" */
  names: string[];
}

export interface RollbackPlan {
  /** Everything that is deployed; only the nodes listed below may be changed. */
  plan: Plan;
  /** Ids: services, and their health checks. */
  services: Set<string>;
  /** Ids: the images that they had on their hosts. */
  images: Set<string>;
  /** These, and those of their needs that are missing in the state. */
  missing: Set<string>;
  /** The stack's images of that state, with their digests. */
  stackImages: PlanNode[];
}

/**
 * Returns a plan with the earlier services, and those that share their namespaces or restart after them: these also in
 * their earlier version if the run did not change them or failed to. The rest is unchanged. Images are found by their contents: their names are restored on these hosts only.
 */
export function planRollback(
  now: StackState,
  returns: RollbackTarget[],
  options: RestoreOptions,
): RollbackPlan {
  const nodes = new Map(restorePlan(withoutNeverUp(now), options).nodes.map((item) => [item.id, item]));
  const spare = new Map<string, PlanNode>();
  const back: RollbackPlan = {
    ...{ plan: { project: "", nodes: [] }, services: new Set(), images: new Set() },
    ...{ missing: new Set(), stackImages: [] },
  };
  for (const { then, names } of returns) {
    const usable = withoutNeverUp(then);
    const old = restorePlan(usable, options);
    const all = withDependents(old, names, { then, now });
    back.plan.project = old.project;
    for (const item of old.nodes) {
      if (/^(service|healthCheck)$/.test(item.kind) && all.has(item.name)) {
        nodes.set(item.id, grouped(item, [...all]));
        back.services.add(item.id);
      } else if (item.kind === "hostImage" && isImageOf(item, all, usable)) {
        nodes.set(item.id, withOwnDigest(item, usable));
        back.images.add(item.id);
      } else {
        if (item.kind === "image") back.stackImages.push(item);
        spare.set(item.id, item);
      }
    }
  }
  for (const name of dependentsNow(nodesInOrder([...nodes.values()]), back.services, now))
    for (const id of [`service ${name}`, `healthCheck ${name}`]) if (nodes.has(id)) back.services.add(id);
  for (const id of withNeeds(new Map([...spare, ...nodes]), [...back.services, ...back.images])) {
    const needed = spare.get(id);
    if (nodes.has(id) || !needed) continue;
    nodes.set(id, needed);
    if (!isKnown(now, needed)) back.missing.add(id);
  }
  back.plan.nodes = withRivals(withFollowers(nodesInOrder([...nodes.values()])));
  return back;
}

function isKnown(state: StackState, { kind, name }: PlanNode): boolean {
  return byKind(state)[kind].some((one) => one.name === name);
}

/** Omits services that never came up, and those that refer to them: they cannot be planned. */
function withoutNeverUp(state: StackState): StackState {
  const images = state.images.filter(({ outputs }) => outputs.digest !== undefined);
  const isUsed = (id: string) => id.startsWith("image ");
  const hostImages = state.hostImages.filter(
    ({ dependsOn, inputs, outputs }) =>
      dependsOn.filter(isUsed).every((id) => images.some(({ name }) => id === `image ${name}`)) &&
      (outputs.imageId !== undefined ||
        state.services.some((one) => usesImage(one.inputs, inputs) && one.outputs.last)),
  );
  let services = state.services.filter(({ outputs }) => outputs.last !== undefined);
  for (let before = -1; before !== services.length;) {
    before = services.length;
    const names = new Set(services.map(({ name }) => name));
    services = services.filter((service) => referencesOf(service).every((other) => names.has(other)));
  }
  const names = new Set(services.map(({ name }) => name));
  return {
    ...{ ...state, images, hostImages, services },
    healthChecks: state.healthChecks.filter(({ name }) => names.has(name)),
    imageTags: state.imageTags.filter(({ dependsOn }) =>
      dependsOn.filter(isUsed).every((id) => hostImages.some(({ name }) => id === `image ${name}`)),
    ),
  };
}

/** The services whose containers it refers to: "cache@b". */
function referencesOf({ inputs, outputs }: StackState["services"][number]): string[] {
  const { shares = {}, restarts = {} } = outputs.last ?? {};
  return [...Object.keys(shares).map((name) => `${name}@${inputs.host.name}`), ...Object.keys(restarts)];
}

/** Adds services that refer to containers that will be recreated, and that this run has not changed. */
function withDependents(
  { nodes }: Plan,
  names: string[],
  { then, now }: { then: StackState; now: StackState },
): Set<string> {
  const failed = new Set(now.services.flatMap(({ name, unfinished }) => (unfinished ? [name] : [])));
  const changed = new Set(
    changedOnHosts(then, now).flatMap(({ service }) => (failed.has(service) ? [] : [service])),
  );
  const all = new Set(names);
  for (const { kind, name } of nodes) {
    const service = kind === "service" ? then.services.find((one) => one.name === name) : undefined;
    if (service && !changed.has(name) && referencesOf(service).some((other) => all.has(other))) all.add(name);
  }
  return all;
}

/** Services that refer to these, and that this run has changed: they keep their version. `nodes`: dependencies first. */
function dependentsNow(nodes: PlanNode[], ids: ReadonlySet<string>, { services }: StackState): string[] {
  const byName = new Map(services.map((service) => [service.name, service]));
  const reached = new Set(ids);
  const found: string[] = [];
  for (const { id, name } of nodes.filter(isKind("service"))) {
    const service = byName.get(name);
    if (!service || reached.has(id)) continue;
    if (!referencesOf(service).some((other) => reached.has(`service ${other}`))) continue;
    reached.add(id);
    found.push(name);
  }
  return found;
}

function isImageOf({ inputs }: NodeOf<"hostImage">, names: Set<string>, { services }: StackState): boolean {
  return services.some((service) => names.has(service.name) && usesImage(service.inputs, inputs));
}

/** Keeps the current digest of the stack's image. */
function withOwnDigest(item: NodeOf<"hostImage">, { images }: StackState): NodeOf<"hostImage"> {
  const { digest } = item.context;
  const id = digest instanceof Ref ? digest.node : "";
  const own = images.find(({ name }) => `image ${name}` === id)?.outputs.digest ?? digest;
  return { ...item, context: { ...item.context, digest: own } };
}

/** `rollback_config.parallelism`, across hosts as on one; by default in the order of the plan. */
function grouped(item: PlanNode, names: string[]): PlanNode {
  if (item.kind !== "service") return item;
  const { service, deploy } = item.inputs;
  const size = deploy?.rollback_config?.parallelism;
  if (size === undefined) return item;
  const isOwn = (name: string) => name.split("@")[0] === service;
  const others = item.dependsOn.filter((id) => !isOwn(id.slice(id.indexOf(" ") + 1)));
  const hosts = names.filter(isOwn).sort();
  const first = size === 0 ? 0 : Math.floor(hosts.indexOf(item.name) / size) * size;
  const earlier = hosts.slice(Math.max(0, first - size), first).map((name) => `service ${name}`);
  return { ...item, dependsOn: [...others, ...earlier] };
}

/** The nodes of a service's image on its host: the service depends on them implicitly. */
function ownImages({ nodes }: Plan, { inputs: service }: NodeOf<"service">): string[] {
  const own = nodes.filter(isKind("hostImage")).filter(({ inputs }) => usesImage(service, inputs));
  return own.map(({ id }) => id);
}
