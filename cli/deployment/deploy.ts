/** Runs Pulumi and reports what succeeded and what failed, host by host. */
import { type ErrorCode, errorCodes, K2Error } from "../../provider/shared/errors.js";
import { blockedServices } from "../../provider/model/changes/blocked.js";
import { resourceKinds } from "../../provider/model/kinds.js";
import type { Plan } from "../../provider/model/plan/node.js";
import { withSettings } from "../../provider/shared/kept-settings.js";
import type { RunConfiguration } from "../../provider/shared/run-handover.js";
import type { Context } from "../application/context.js";
import { recordRun, recordPreviousState } from "../history/record-run.js";
import { readIfAny } from "../pulumi/files.js";
import { configurationFile } from "../pulumi/stack-configuration.js";
import { isLocked, isUnsaved } from "../pulumi/pulumi-words.js";
import { endRepair, repairBackend } from "../pulumi/repair-backend.js";
import { firstOf } from "../terminal/exit-codes.js";
import { type Appearance, isQuiet } from "../terminal/colour.js";
import { openRedraw, withNotice } from "../terminal/redraw.js";
import { type Crashed, crashedContainers } from "./crashed-containers.js";
import { failureTexts } from "./failure-texts.js";
import { runMessage } from "./pulumi-events.js";
import { hostLines, silentHosts } from "./host-lines.js";
import { ensureStack, runPulumi, type RunResult } from "./pulumi-run.js";
import type { QuietOptions } from "../changes/change-options.js";
import type { Handover } from "./run-handover.js";
import { idsOf, printTally, tallyOf } from "./tally.js";
import { type Done, type Failure, openView } from "./view.js";
import { ensureWorkspace, type Workspace } from "../application/workspace.js";

export interface Deployment {
  workspace: Workspace;
  args: string[];
  handover: Handover;
  /** The name of the run in the stack's history. */
  message?: string;
  /** The stack exists already. */
  known: boolean;
  json: boolean;
  /** Output to suppress. */
  quiet?: QuietOptions;
  /** `down -v` */
  volumesGo?: boolean;
  /** Hosts that get a line at the end. */
  hosts?: string[];
  /** Hosts already reported as unreachable, whose failures are not reported again. */
  away?: Set<string>;
  /** IDs of planned resources that must change. Those that Pulumi never reached are reported at the end. */
  pending?: Set<string>;
  /** Planned creations of resources whose objects exist already. */
  existing?: ReadonlyMap<string, "adopt" | "update">;
  plan?: Plan;
  /** Number of resources that the program registers, if they are not those of the plan. */
  registered?: number | undefined;
  /** The caller attaches to the containers, and reports how they end. */
  followed?: boolean;
}

/** The result of a run; failures have already been printed. */
export interface Outcome {
  result: RunResult;
  failures: Failure[];
  done: Done[];
  failed: Done[];
  /** Containers that the run has started and that have crashed. */
  crashed: Crashed[];
  /** Hosts that did not answer, during the run either. */
  silent: Set<string>;
}

/** Throws K2Error if anything failed, after printing the failures. */
export async function deploy(context: Context, deployment: Deployment): Promise<Outcome> {
  const outcome = await runDeployment(context, deployment);
  assertSuccess(outcome, deployment);
  return outcome;
}

export async function runDeployment(context: Context, deployment: Deployment): Promise<Outcome> {
  const { workspace, args, handover, known, volumesGo, hosts = [], away = new Set<string>() } = deployment;
  const { message = "", existing } = deployment;
  const { json, ...quiet } = shownBy(context.options.progress, deployment);
  ensureWorkspace(workspace);
  const stack = await context.stack();
  if (stack) repairBackend(stack, context.env);
  if (!known)
    await withNotice(context.out.redrawn, "Creating the stack", () => ensureStack(context, workspace));
  const view = openView({
    out: context.out,
    ...{ json, volumesGo, away, quiet, ...(existing && { existing }) },
    planned: plannedIn(deployment),
    ...(json ? {} : await openRedraw(context.out.redrawn)),
  });
  const complete = { ...handover, configuration: await runConfiguration(context, workspace, handover) };
  const run = () =>
    runPulumi(context, {
      ...{ workspace, handover: complete, size: deployment.registered ?? deployment.plan?.nodes.length },
      onEvent: (event) => view.show(event),
      args: message === "" ? args : [...args, "--message", message],
    });
  await recordPreviousState(context);
  const since = Date.now();
  const result = await run();
  if (stack && result.code === 0) endRepair(stack, context.env);
  // The run changed the hosts, so snapshots taken before it are out of date.
  (await context.session()).forget();
  const failures = view.close();
  await recordRun(context, result.code === 0 ? "succeeded" : "failed", message);
  const { done, failed, unreachable } = view;
  const silent = silentHosts(away, { done, failures, unreachable });
  const outcome: Outcome = { result, failures, done, failed, silent, crashed: [] };
  const shown = failures.filter(
    (one) => !isKnown(one, deployment, outcome) && !(result.cancelled && one.code === "cancelled"),
  );
  for (const text of failureTexts(shown, result, workspace, context.env)) context.out.error(text);
  outcome.crashed = await reportCrashed(context, { ...deployment, json }, outcome, since);
  const lines = json || quiet.quiet ? [] : hostLines(hosts, { silent, away }, outcome);
  for (const line of lines) context.out.note(line);
  for (const line of result.cancelled ? [] : blockedAfter(deployment, outcome)) context.out.error(line);
  if (result.cancelled) context.out.note(`Cancelled: ${countsOf(deployment, outcome)}. ${again}`);
  return outcome;
}

/** Prints each container that has crashed, for people and for programs. */
async function reportCrashed(
  context: Context,
  { plan, followed = false, workspace: { base }, json }: Deployment,
  { result, done }: Outcome,
  since: number,
): Promise<Crashed[]> {
  if (!plan || followed || result.cancelled) return [];
  const isComplete = result.code === 0;
  const crashed = await crashedContainers(context, { plan, done, since, base, isComplete });
  for (const { text, host: at } of crashed) {
    if (json) context.out.jsonLine(runMessage({ text, code: "unhealthy", at }, "error"));
    context.out.error(text);
  }
  return crashed;
}

/** `--progress` in addition to what the command's own options say. */
function shownBy(
  progress: Appearance["progress"],
  { json, quiet = {} }: Pick<Deployment, "json" | "quiet">,
): QuietOptions & { json: boolean } {
  return {
    ...quiet,
    json: json || progress === "json",
    ...(isQuiet(progress) && { quiet: true }),
    ...(progress === "plain" && { plain: true }),
  };
}

/** Resources of the plan that must change. */
function plannedIn({ plan, pending = new Set() }: Deployment): Pick<Done, "kind" | "name">[] {
  const nodes = (plan?.nodes ?? []).filter(({ id }) => pending.has(id));
  return nodes.map(({ kind, name }) => ({ kind: resourceKinds[kind], name }));
}

/** Pulumi does not report resources that it never reached. */
function blockedAfter({ plan, pending }: Deployment, { done, failed, silent }: Outcome): string[] {
  if (!plan || !pending) return [];
  const made = idsOf(done);
  const open = new Set([...pending].filter((id) => !made.has(id)));
  return blockedServices(plan, { pending: open, failed: idsOf(failed), away: silent });
}

const again = "Run the command again to continue.";

/** Failures of a host that was reported as unreachable before the run. */
function isKnown({ host = "", code }: Failure, { away }: Deployment, { silent }: Outcome): boolean {
  return code === "unreachable" && away?.has(host) === true && silent.has(host);
}

/** "3 done, 1 not done, 2 blocked" */
function countsOf({ plan, pending }: Deployment, { done, failed, silent }: Outcome): string {
  if (plan && pending) return printTally(tallyOf({ plan, pending, away: silent }, { done, failed }));
  const own = idsOf(done);
  return printTally({ done: [...own], failed: [...idsOf(failed)], blocked: [], unreached: [], kept: [] });
}

/** A run without compose files leaves the configuration file as the last run with files has written it. */
async function runConfiguration(
  context: Context,
  workspace: Workspace,
  handover: Handover,
): Promise<RunConfiguration> {
  const { isHidden = false } = await context.configuration();
  const isKept = workspace.own && (await context.outlineIfAny()) !== undefined;
  const file = isKept ? configurationFile(workspace.folder, workspace.stack) : undefined;
  const replaces = workspace.own || !isHidden;
  if (file === undefined) return { replaces };
  const from = readIfAny(file)?.toString("utf8") ?? "";
  return { replaces, file, computed: { from, to: withSettings(from, handover) } };
}

/** `rest`: describes the resources that did not fail. The kinds of the failures decide the exit code. */
export function assertSuccess(outcome: Outcome, deployment: Deployment, rest?: string): void {
  const { result, failures, crashed } = outcome;
  if (result.cancelled) throw new K2Error("cancelled", "cancelled");
  const own = failures.filter((failure) => !isKnown(failure, deployment, outcome));
  // The caller reports hosts that did not answer.
  const isDone = result.code === 0 || (failures.length > 0 && own.length === 0);
  if (isDone && crashed.length === 0) return;
  const names = [...new Set(own.map(({ name }) => name).filter(Boolean))];
  const code = firstOf([
    ...own.map(errorCodeOf),
    ...(isLocked(result.complaint) ? ["conflict" as const] : []),
    ...(crashed.length > 0 ? ["unhealthy" as const] : []),
  ]);
  const counts = `${countsOf(deployment, outcome)}.`;
  const why = isLocked(result.complaint)
    ? "another run has locked the stack"
    : isUnsaved(result.complaint)
      ? "the state was not saved"
      : `pulumi exited with ${result.code}`;
  const parts = [
    ...(isDone ? [] : [names.length > 0 ? `not done: ${names.join(", ")}` : why]),
    ...(crashed.length > 0 ? [`started and not running: ${crashed.map(({ name }) => name).join(", ")}`] : []),
  ];
  const again = "The next `k2-compose up` starts them again.";
  throw new K2Error(code ?? "engine", parts.join("; "), { hint: rest ?? (isDone ? again : counts) });
}

/** Failures that Pulumi itself reports have no code. */
function errorCodeOf({ code }: Failure): ErrorCode {
  return errorCodes.find((one) => one === code) ?? "engine";
}
