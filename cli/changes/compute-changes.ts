/** Computes what a run would change from the plan, the state and the engines. */
import { type Change, compare } from "../../provider/model/changes/compare.js";
import { stackIdsOf } from "../../provider/model/ownership.js";
import type { HostRef, Run } from "../../provider/model/kinds.js";
import type { HostSnapshot } from "../../provider/model/observed.js";
import type { StackState } from "../../provider/model/stack-state.js";
import { hasChoices } from "../../provider/model/placement/place.js";
import { withAbsoluteTls } from "../../provider/model/host-ref.js";
import { isKind } from "../../provider/model/plan/node.js";
import { withoutSwarmServices } from "../../provider/model/plan/swarm.js";
import { type PrepareOptions, runOfProject } from "../../provider/planning/prepare.js";
import type { Context } from "../application/context.js";
import { findWorkspace, type Workspace } from "../application/workspace.js";
import { type ChangeOptions, extrasOf, type QuietOptions, runOf } from "./change-options.js";
import { gather } from "./gather.js";
import { leftHooks } from "./leaving.js";
import { orphanWarnings } from "./orphan-warnings.js";
import { type PlannedProject, planOptions, planProject } from "./plan-project.js";
import { servicesNamed } from "./plan-targets.js";
import { type Scope, scopeOf } from "./scope.js";
import { snapshotHosts, unreachableHosts, withStateHosts } from "./snapshot-hosts.js";

export interface ComputedChanges extends PlannedProject, Scope {
  workspace: Workspace;
  state: StackState | undefined;
  /** Hosts that did not answer, with the reason. */
  away: Map<string, string>;
  snapshots: Map<string, HostSnapshot>;
  options: PrepareOptions;
  run: Omit<Run, "stack">;
  /** The state is a backup, which does not know the last run: what left the file is removed by the next one. */
  keepsRemoved: boolean;
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
    ...(hasChoices(withoutSwarmServices(project)) && { down: await unreachableHosts(project, context) }),
  };
  const prepared = await planProject(context, workspace, options);
  const { plan } = prepared;
  const named = patterns.length > 0 ? servicesNamed(plan, patterns) : [];
  const run = {
    ...{ ...runOf(flags), stackIds: stackIdsOf(state), ...runOfProject(project) },
    ...(patterns.length > 0 && { named }),
    ...leftHooks(plan, state),
  };
  const stack = await context.stackLabel({ project: workspace.project, name: workspace.stack });
  const hosts = plan.nodes.filter(isKind("host")).map(({ inputs }) => inputs);
  const { snapshots, away } = await snapshotHosts(withStateHosts(hosts, state), context, workspace.base);
  const reach = (host: HostRef) => withAbsoluteTls(host, workspace.base);
  const observations = await gather(plan, state, { run: { ...run, stack }, snapshots, reach, context });
  const compared = compare(plan, state, observations);
  const keepsRemoved = (await context.stateDamage())?.backup !== undefined;
  const scope = scopeOf(prepared.sharesRule ? compared : compared.map(withoutEncryption), {
    ...{ plan, state, patterns, named, options: flags, keepsRemoved },
    disabled: workspace.plain ? Object.keys(project.disabled_services) : [],
  });
  const orphans = orphanWarnings(plan, state, { ...run, stack }, snapshots);
  const silent = patterns.length === 0 ? away : concernedBy(scope.changes, away);
  const found = { state, snapshots, away: silent, orphans, keepsRemoved, ...scope };
  return { ...prepared, ...found, workspace, options, run, quiet: quietOf(flags), request };
}

/** The hosts on which services change. */
function concernedBy(changes: Change[], away: Map<string, string>): Map<string, string> {
  const concerned = new Set(changes.filter(({ kind }) => kind === "service").map(({ host }) => host));
  return new Map([...away].filter(([host]) => concerned.has(host)));
}

function withoutEncryption(change: Change): Change {
  return change.action === "encrypt" ? { ...change, action: "same", reasons: [] } : change;
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
