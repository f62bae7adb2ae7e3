/** Computes what a run would change from the plan, the state and the engines. */
import { K2Error, messageOf } from "../../provider/shared/errors.js";
import { type Change, compare } from "../../provider/model/changes/compare.js";
import { stackIdsOf } from "../../provider/model/changes/ownership.js";
import type { HostRef, Run } from "../../provider/model/kinds.js";
import type { HostSnapshot } from "../../provider/model/observed.js";
import type { StackState } from "../../provider/model/stack-state.js";
import type { Project } from "../../provider/compose/types.js";
import { hasChoices } from "../../provider/model/placement/place.js";
import { declaredHost, withAbsoluteTls } from "../../provider/model/host-ref.js";
import { isKind, type Plan } from "../../provider/model/plan/node.js";
import { label } from "../../provider/model/labels.js";
import { orphansOn } from "../../provider/model/changes/kinds.js";
import { orphanWarning } from "../../provider/model/changes/orphans.js";
import { type PrepareOptions, runOfProject } from "../../provider/planning/prepare.js";
import type { Context } from "../application/context.js";
import { gather } from "./gather.js";
import {
  type ChangeOptions,
  extrasOf,
  type QuietOptions,
  runOf,
  withDependencies,
} from "./change-options.js";
import { idsOfDisabled, isRemoval, leaversOf, leftHooks } from "./leaving.js";
import { type PlannedProject, planOptions, planProject } from "./plan-project.js";
import { followerIds, servicesNamed, targetIds } from "./plan-targets.js";
import { findWorkspace, type Workspace } from "../application/workspace.js";

export interface ComputedChanges extends PlannedProject {
  workspace: Workspace;
  state: StackState | undefined;
  /** In the order of the plan, removals last. Limited to the named services, if any. */
  changes: Change[];
  /** Hosts that did not answer, with the reason. */
  away: Map<string, string>;
  snapshots: Map<string, HostSnapshot>;
  options: PrepareOptions;
  run: Omit<Run, "stack">;
  /** Hosts that named services leave ("web@a"), if only a run without names can remove those containers. */
  staying: string[];
  /** URNs of resources that depend on what named services leave behind. */
  dependents: string[];
  /** Some resources outside the plan stay: Pulumi receives the targets of the run. */
  isPartial: boolean;
  /** The state is a backup, which does not know the last run: what left the file is removed by the next one. */
  keepsRemoved: boolean;
  /** The part of the plan that the named services need; everything without names. */
  ids: Set<string>;
  quiet: QuietOptions;
  /** Warnings of containers that belong to no service. A deployment reports them, too. */
  orphans: string[];
  request: ChangeRequest;
}

interface ChangeRequest {
  /** Names and globs of services. */
  patterns: string[];
  options: ChangeOptions & QuietOptions;
}

export async function computeChanges(context: Context, request: ChangeRequest): Promise<ComputedChanges> {
  const { patterns, options: flags } = request;
  const project = await context.project();
  const workspace = await findWorkspace(context, project.name);
  const state = await context.state();
  const options: PrepareOptions = {
    ...(await planOptions(context, workspace, state)),
    ...extrasOf(flags),
    ...(hasChoices(project) && { down: await unreachableHosts(project, context) }),
  };
  const prepared = await planProject(context, workspace, options);
  const { plan } = prepared;
  const ids = targetIds(plan, patterns, withDependencies(flags));
  const run = {
    ...{ ...runOf(flags), stackIds: stackIdsOf(state), ...runOfProject(project) },
    ...(patterns.length > 0 && { named: servicesNamed(plan, patterns) }),
    ...leftHooks(plan, state),
  };
  const hosts = plan.nodes.filter(isKind("host")).map(({ inputs }) => inputs);
  const stack = await context.stackLabel({ project: workspace.project, name: workspace.stack });
  const { snapshots, away } = await snapshotHosts(withStateHosts(hosts, state), context, workspace.base);
  const reach = (host: HostRef) => withAbsoluteTls(host, workspace.base);
  const observations = await gather(plan, state, { run: { ...run, stack }, snapshots, reach, context });
  const disabled = workspace.plain
    ? idsOfDisabled(Object.keys(project.disabled_services), state)
    : new Set<string>();
  const compared = compare(plan, state, observations).filter(
    ({ id, action }) => !(isRemoval(action) && disabled.has(id)),
  );
  const changes = prepared.sharesRule ? compared : compared.map(withoutEncryption);
  const keepsRemoved = (await context.stateDamage())?.backup !== undefined;
  if (patterns.length > 0) for (const id of followerIds(plan, changes, ids)) ids.add(id);
  const { removed, ...left } = leaversOf(changes, keepsRemoved ? [] : (run.named ?? []), state);
  const isLimited = patterns.length > 0 || keepsRemoved;
  const about = isLimited ? [...changes.filter(({ id }) => ids.has(id)), ...removed] : changes;
  const planned = new Set(plan.nodes.map(({ id }) => id));
  const isPartial = isLimited || [...disabled].some((id) => !planned.has(id));
  const concerned = new Set(about.filter(({ kind }) => kind === "service").map(({ host }) => host));
  const silent = [...away].filter(([host]) => patterns.length === 0 || concerned.has(host));
  if (run.ignoreOrphans && run.removeOrphans)
    throw new K2Error("usage", "cannot combine COMPOSE_IGNORE_ORPHANS and --remove-orphans");
  const isSilent = run.removeOrphans || run.ignoreOrphans;
  const orphans = isSilent ? [] : orphanWarnings(plan, state, { ...run, stack }, snapshots);
  const kept = { isPartial, keepsRemoved, ...left };
  const found = { orphans, changes: about, away: new Map(silent), snapshots, ...kept };
  return { ...prepared, ...found, workspace, state, options, run, ids, quiet: quietOf(flags), request };
}

function withoutEncryption(change: Change): Change {
  return change.action === "encrypt" ? { ...change, action: "same", reasons: [] } : change;
}

function orphanWarnings(
  { nodes }: Plan,
  state: StackState | undefined,
  run: Run,
  snapshots: Map<string, HostSnapshot>,
): string[] {
  const deployed = new Set(state?.services.map(({ inputs }) => inputs.service));
  return nodes.filter(isKind("host")).flatMap((node) => {
    const found = orphansOn({ inputs: node.inputs, context: { ...node.context, run } }, snapshots);
    // This run removes what left the file.
    const orphans = found.filter(({ labels }) => !deployed.has(labels[label.service] ?? ""));
    return orphans.length === 0 ? [] : [orphanWarning(node.inputs, orphans)];
  });
}

function quietOf({ quiet, plain, quietPull, quietBuild }: QuietOptions): QuietOptions {
  return {
    ...(plain && { plain }),
    ...(quiet && { quiet }),
    ...(quietPull && { quietPull }),
    ...(quietBuild && { quietBuild }),
  };
}

/** IDs of nodes that change. */
export function pendingOf({ changes }: Pick<ComputedChanges, "changes">): Set<string> {
  return new Set(changes.filter(({ action }) => action !== "same").map(({ id }) => id));
}

/** Includes hosts that left the file, because they may have resources to remove. */
export function withStateHosts(hosts: HostRef[], state: StackState | undefined): HostRef[] {
  const names = new Set(hosts.map(({ name }) => name));
  const others = (state?.hosts ?? []).map(({ inputs }) => inputs).filter(({ name }) => !names.has(name));
  return [...hosts, ...others];
}

/**
 * Excludes unreachable hosts from the placement of new services. Drained hosts receive none anyway, and may be gone.
 */
async function unreachableHosts(project: Project, context: Context): Promise<string[]> {
  const hosts = Object.entries(project.hosts)
    .filter(([, { drain }]) => !drain)
    .map(([name]) => declaredHost(project, name));
  const { away } = await snapshotHosts(hosts, context, project.directory);
  return [...away.keys()].sort();
}

export async function snapshotHosts(hosts: HostRef[], context: Context, base: string) {
  const { signal } = context;
  const session = await context.session();
  const snapshots = new Map<string, HostSnapshot>();
  const away = new Map<string, string>();
  await Promise.all(
    hosts.map(async (host) => {
      try {
        snapshots.set(host.name, await session.snapshot(withAbsoluteTls(host, base), signal));
      } catch (error) {
        signal.throwIfAborted();
        away.set(host.name, messageOf(error));
      }
    }),
  );
  await session.close();
  return { snapshots, away };
}
