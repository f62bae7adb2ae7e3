/**
 * The second run of `up`: for `failure_action: rollback`, restores a service on hosts that were updated before
 * another failed, and retries hosts whose own rollback failed.
 */
import { K2Error, messageOf } from "../../provider/shared/errors.js";
import { compare } from "../../provider/model/changes/compare.js";
import {
  runBeforeChange,
  failuresOf,
  placesToRollBack,
  planRollback,
  type RollbackPlan,
  type RollbackTarget,
  servicesWithRollback,
} from "../../provider/model/history/rollback.js";
import type { HostRef } from "../../provider/model/kinds.js";
import { withAbsoluteTls } from "../../provider/model/host-ref.js";
import { placementOf } from "../../provider/model/history/restore-plan.js";
import { withValues } from "../../provider/model/plan/json.js";
import { readState, type StackState } from "../../provider/model/stack-state.js";
import type { Context } from "../application/context.js";
import { recordPreviousState } from "../history/record-run.js";
import type { Warn } from "../history/damaged-files.js";
import { pastRuns, withStates } from "../history/past-runs.js";
import { decryptState } from "../history/decrypt.js";
import type { PastRun } from "../history/past-run.js";
import { missingFolders } from "../changes/missing-folders.js";
import { missingImages } from "../changes/missing-images.js";
import { holdersOf, secretPlaceholder } from "../rollback/compute-rollback.js";
import { documentOf } from "../pulumi/state-document.js";
import { runDeployment, type Deployment, type Outcome } from "../deployment/deploy.js";
import { runMessage } from "../deployment/pulumi-events.js";
import { idsOf } from "../deployment/tally.js";
import { gather } from "../changes/gather.js";
import { pendingOf, type ComputedChanges } from "../changes/compute-changes.js";
import { snapshotHosts } from "../changes/snapshot-hosts.js";
import { registrationsFor } from "../changes/registrations.js";
import { targetArguments, targetUrns } from "../changes/plan-targets.js";
import { computedOf, handoverOf } from "../deployment/run-handover.js";
import { elementOf, entryOf } from "../../provider/shared/lookup.js";

/** Earlier runs, oldest first. Undefined if no planned change can require a second run. */
export async function earlierRuns(context: Context, seen: ComputedChanges): Promise<PastRun[] | undefined> {
  const pending = pendingOf(seen);
  const services = [...servicesWithRollback(seen.plan).values()].flat();
  const stack = await context.stack();
  if (!stack || !services.some(({ id }) => pending.has(id))) return undefined;
  if (!seen.state) return [];
  await recordPreviousState(context);
  const runs = await pastRuns(stack, context.env, context.warnOnce).catch(() => []);
  if (runs.length > 0) return runs;
  const document = await context.document();
  const only = { number: 0, ended: new Date(), result: "succeeded", message: "" };
  return [
    { ...only, document: async () => document, decrypted: () => decryptState(document, stack, context.env) },
  ];
}

interface Failed extends Pick<Deployment, "json" | "away"> {
  seen: ComputedChanges;
  before: PastRun[];
  outcome: Outcome;
}

/** Describes the resources that did not fail, if something was rolled back. Failed rollbacks are already reported. */
export async function rollBackOtherHosts(context: Context, failed: Failed): Promise<string | undefined> {
  const { seen, outcome, away = new Set<string>() } = failed;
  if (outcome.result.cancelled) return undefined;
  const failures = failuresOf(seen.plan, { failed: failedOf(outcome), away });
  if (failures.size === 0) return undefined;
  try {
    return await rollBack(context, failed, failures);
  } catch (error) {
    context.signal.throwIfAborted();
    if (K2Error.is(error) && error.code === "cancelled") throw error;
    context.out.error(`cannot roll back ${listOf([...failures.keys()])} on other hosts: ${messageOf(error)}`);
    return undefined;
  }
}

/** Failures within max_failure_ratio cause no rollback. */
function failedOf({ failed, failures }: Outcome): Set<string> {
  const fine = new Set(failures.filter(({ code }) => code === "tolerated").map(({ name }) => name));
  return idsOf(failed.filter(({ kind, name }) => kind !== "Service" || !fine.has(name)));
}

async function rollBack(
  context: Context,
  failed: Failed,
  failures: Map<string, string[]>,
): Promise<string | undefined> {
  const stack = await context.stack();
  if (!stack) return undefined;
  const now = readState(await documentOf(stack, context.env));
  const { ways: possible, fresh } = await serviceRollbacks(failed, failures, now, context.warnOnce);
  if (fresh.length > 0)
    report(context, failed, `${listOf(fresh)}: new, so there is no previous version to roll back to`);
  const prepared = await prepareRollback(context, failed, possible, now);
  const { ways } = prepared;
  if (ways.length === 0) return undefined;
  if (!failed.seen.workspace.plain) {
    const names = listOf(ways.flatMap(namesOf));
    context.out.warn(`${names}: not rolled back, because the Pulumi project has a custom program`);
    return undefined;
  }
  for (const way of ways) for (const text of headings(failures, way)) report(context, failed, text);
  const { result, failures: trouble, failed: unmet } = await runRollback(context, failed, prepared);
  if (result.cancelled) throw new K2Error("cancelled", "cancelled");
  if (trouble.length + unmet.length > 0) return undefined;
  const planned = servicesWithRollback(failed.seen.plan);
  const isOnOne = ways.every(({ service }) => entryOf(planned, service).length === 1);
  const where = fresh.length > 0 ? " on the hosts where it ran before" : isOnOne ? "" : " on all hosts";
  const services = listOf(ways.map(({ service }) => service));
  return `Rolled back${where}: ${services}. Fix the compose file and run \`k2-compose up\` again.`;
}

function headings(failures: Map<string, string[]>, { service, names, again }: ServiceRollback): string[] {
  const failed = `${listOf(entryOf(failures, service))} failed, and failure_action is rollback`;
  return [
    ...(names.length > 0 ? [`${failed}: rolling back ${listOf(names)}`] : []),
    ...(again.length > 0 ? [`the rollback of ${listOf(again)} failed: retrying it`] : []),
  ];
}

function namesOf({ names, again }: ServiceRollback): string[] {
  return [...names, ...again];
}

function listOf(names: string[]): string {
  return names.join(", ");
}

/** Adds a line to the output, for people and for programs. */
function report({ out }: Context, { json }: Failed, text: string): void {
  if (!json) return out.note(text);
  out.jsonLine(runMessage({ text }, "warning"));
}

interface ServiceRollback extends RollbackTarget {
  service: string;
  run: PastRun;
  /** Hosts where it failed and was not restored. */
  again: string[];
}

async function serviceRollbacks(
  { before: earlier }: Failed,
  failures: Map<string, string[]>,
  now: StackState,
  warn: Warn,
): Promise<{ ways: ServiceRollback[]; fresh: string[] }> {
  const runs = earlier.slice(-maxRuns);
  const past = (await withStates(runs, warn)).map((one) => ({
    ...one,
    isWell: one.run.result === "succeeded",
  }));
  const ways: ServiceRollback[] = [];
  const all: string[] = [];
  for (const [service, names] of failures) {
    const before = past[runBeforeChange(past, elementOf(names, 0))];
    const then = before?.state ?? readState({ deployment: {} });
    const { back, fresh, doubtful } = placesToRollBack(service, { then, now, failed: names });
    all.push(...fresh);
    if (before && back.length + doubtful.length > 0)
      ways.push({ service, run: before.run, then, names: back, again: doubtful });
  }
  return { ways, fresh: all };
}

/** Maximum number of runs to examine, because consecutive failures are never more. */
const maxRuns = 20;

interface PreparedRollback {
  ways: ServiceRollback[];
  back: RollbackPlan;
  /** IDs of planned changes. */
  ids: Set<string>;
  secrets: Record<string, unknown>;
  now: StackState;
}

/** Inspects the hosts, and leaves out what is unchanged. Throws if something that a rollback needs is gone. */
async function prepareRollback(
  context: Context,
  { seen, away = new Set<string>() }: Failed,
  possible: ServiceRollback[],
  now: StackState,
): Promise<PreparedRollback> {
  const secrets: Record<string, unknown> = {};
  const earlier = new Map<ServiceRollback["run"], StackState>();
  for (const { run } of possible)
    earlier.set(run, readState(await run.decrypted(), secretPlaceholder(secrets)));
  const hosts = now.hosts.map(({ inputs }): HostRef => inputs);
  const session = await context.session();
  session.forget();
  const alive = hosts.filter(({ name }) => !away.has(name));
  const { snapshots } = await snapshotHosts(alive, context, seen.workspace.base);
  const reach = (host: HostRef) => withAbsoluteTls(host, seen.workspace.base);

  const planned = async (ways: ServiceRollback[]) => {
    const returns = ways.map((way): RollbackTarget => ({
      names: namesOf(way),
      then: entryOf(earlier, way.run),
    }));
    const { directory: workingDir, files: configFiles } = seen.project;
    const back = planRollback(now, returns, {
      ...{ now, workingDir, configFiles, others: [] },
      secrets: { encrypt: seen.options.encrypt, names: seen.project.secret_names },
      holders: (imageId) => holdersOf(hosts, snapshots, imageId),
    });
    const plan = withValues(changedNodesOf(back), secrets);
    const observations = await gather(plan, now, { run: { stack: "" }, snapshots, reach, context });
    return { back, plan, changes: compare(plan, now, observations) };
  };

  const { changes: all } = await planned(possible);
  const isChanged = (name: string) =>
    all.some(
      ({ id, action, fields, operations }) =>
        id === `service ${name}` &&
        action !== "same" &&
        // The unfinished mark of this run is not a change of its own.
        (fields.length > 0 || operations?.stages.length !== 0),
    );
  const ways = possible
    .map((way) => ({ ...way, again: way.again.filter(isChanged) }))
    .filter((way) => namesOf(way).length > 0);
  const { back, plan, changes } = await planned(ways);
  const lacks = [
    ...(await missingImages(withStackImages(back), {
      snapshots,
      engine: (host) => session.engine(reach(host)),
    })),
    ...(await missingFolders(plan, { changes, snapshots, root: seen.project.directory })),
  ];
  await session.close();
  if (lacks.length > 0)
    throw new K2Error("not-found", lacks.join("; "), { hint: "No rollback was started." });
  const moved = changes
    .filter(({ id, action }) => back.images.has(id) && action !== "same")
    .map(({ id }) => id);
  return { ways, back, secrets, now, ids: new Set([...back.services, ...back.missing, ...moved]) };
}

async function runRollback(
  context: Context,
  { seen, json, away = new Set<string>() }: Failed,
  { ways, back, secrets, ids, now }: PreparedRollback,
): Promise<Outcome> {
  const { workspace, options } = seen;
  const { stopTimeout, waitTimeout, takeOver, stackIds, workingDir } = seen.run;
  const run = {
    ...{ stopTimeout, waitTimeout, takeOver, stackIds, workingDir, goingBack: true },
    ...{ forceRecreate: false, removeOrphans: false },
  };
  const targets = targetUrns({ plan: back.plan, workspace, state: now }, ids);
  const { plan, deployed } = registrationsFor({ ...back, state: now, workspace }, targets);
  return runDeployment(context, {
    ...{ workspace, json, away, known: true, plan: back.plan, registered: plan.nodes.length },
    args: ["up", "--continue-on-error", ...targetArguments(targets)],
    message: `rollback: ${listOf(ways.flatMap(namesOf))}`,
    handover: handoverOf(options, {
      run,
      ...computedOf({ plan, deployed, placement: placementOf(back.plan), secrets }),
    }),
    pending: ids,
  });
}

function changedNodesOf({ plan, services, images }: RollbackPlan) {
  return { ...plan, nodes: plan.nodes.filter(({ id }) => services.has(id) || images.has(id)) };
}

/** Includes the digests of images in their registries. */
function withStackImages(back: RollbackPlan) {
  return { ...back.plan, nodes: [...back.stackImages, ...changedNodesOf(back).nodes] };
}
