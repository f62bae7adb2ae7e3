/** Runs Pulumi and reports what succeeded and what failed, host by host. */
import { K2Error } from "../../provider/shared/errors.js";
import { blockedServices } from "../../provider/model/changes/blocked.js";
import type { Plan } from "../../provider/model/plan/node.js";
import type { RunConfiguration } from "../../provider/shared/run-handover.js";
import type { Context } from "../application/context.js";
import { recordRun, recordPreviousState } from "../history/record-run.js";
import { pulumiVersion } from "../pulumi/find-cli.js";
import { configurationFile } from "../pulumi/stack-configuration.js";
import { isLocked, knowsNoFlag, remedyOf } from "../pulumi/pulumi-words.js";
import { endRepair, repairBackend } from "../pulumi/repair-backend.js";
import { openRedraw } from "../terminal/redraw.js";
import { hostLines } from "./host-lines.js";
import { ensureStack, runPulumi, type RunResult } from "./pulumi-run.js";
import type { QuietOptions } from "../changes/change-options.js";
import type { Handover } from "./run-handover.js";
import { idsOf } from "./tally.js";
import { type Done, type Failure, openView } from "./view.js";
import { ensureWorkspace, stackArgument, type Workspace } from "../application/workspace.js";

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
  plan?: Plan;
}

/** The result of a run; failures have already been printed. */
export interface Outcome {
  result: RunResult;
  failures: Failure[];
  done: Done[];
  failed: Done[];
}

/** Throws K2Error if anything failed, after printing the failures. */
export async function deploy(context: Context, deployment: Deployment): Promise<Done[]> {
  const outcome = await runDeployment(context, deployment);
  assertSuccess(outcome, deployment);
  return outcome.done;
}

export async function runDeployment(context: Context, deployment: Deployment): Promise<Outcome> {
  const {
    workspace,
    args,
    handover,
    known,
    json,
    volumesGo,
    hosts = [],
    away = new Set<string>(),
  } = deployment;
  const { quiet = {} } = deployment;
  const { message = "" } = deployment;
  ensureWorkspace(workspace);
  const stack = await context.stack();
  if (stack) repairBackend(stack, context.env);
  if (!known) await ensureStack(context, workspace);
  const view = openView({
    out: context.out,
    json,
    volumesGo,
    away,
    quiet,
    ...(json ? {} : await openRedraw(context.world.stderr, context.env)),
  });
  const complete = { ...handover, configuration: await runConfiguration(context, workspace) };
  const run = () =>
    runPulumi(context, {
      ...{ workspace, handover: complete, size: deployment.plan?.nodes.length },
      onEvent: (event) => view.show(event),
      args: message === "" ? args : [...args, "--message", message],
    });
  await recordPreviousState(context);
  const result = await run();
  if (stack && result.code === 0) endRepair(stack, context.env);
  // The run changed the hosts, so snapshots taken before it are out of date.
  (await context.session()).forget();
  const failures = view.close();
  await recordRun(context, result.code === 0 ? "succeeded" : "failed", message);
  for (const failure of failures.filter((one) => isUnreported(one, result, away)))
    context.out.error(failureText(failure));
  if (result.complaint !== "") context.out.error(complaintText(result.complaint, workspace, context.env));
  const lines = hostLines({ hosts, away, done: view.done, failed: view.failed });
  if (!json && !quiet.quiet) for (const line of lines) context.out.note(line);
  for (const line of result.cancelled ? [] : blockedAfter(deployment, view.failed)) context.out.error(line);
  if (result.cancelled) context.out.note(`Cancelled. ${next}`);
  return { result, failures, done: view.done, failed: view.failed };
}

/** Pulumi does not report resources that it never reached. */
function blockedAfter({ plan, pending, away = new Set() }: Deployment, failures: Done[]): string[] {
  if (!plan || !pending) return [];
  return blockedServices(plan, { pending, failed: idsOf(failures), away });
}

const next = "The next `k2-compose up` continues from here.";

function isUnreported({ host, code }: Failure, { cancelled }: RunResult, away: Set<string>): boolean {
  return !away.has(host ?? "") && !(cancelled && code === "cancelled");
}

/** A killed run leaves its lock behind. On another machine, it is unknown whether the run was killed. */
function complaintText(complaint: string, workspace: Workspace, env: NodeJS.ProcessEnv): string {
  if (knowsNoFlag(complaint)) return `pulumi: ${complaint}\n  ${otherPulumi}`;
  const remedy = remedyOf(complaint, env);
  if (remedy !== undefined) return `pulumi: ${complaint}\n  ${remedy}`;
  if (!isLocked(complaint)) return complaint;
  const stack = stackArgument(workspace);
  const cancel = `eval "$(k2-compose env)"; pulumi cancel --yes --stack ${stack} --cwd ${workspace.folder}`;
  return `${complaint}\n  If no other run is in progress, this one was killed: ${cancel}`;
}

const otherPulumi = `The Pulumi CLI on PATH has an incompatible version: k2-compose is tested with ${pulumiVersion}.`;

/** A run without compose files leaves the configuration file as the last run with files has written it. */
async function runConfiguration(context: Context, workspace: Workspace): Promise<RunConfiguration> {
  const { isHidden = false } = await context.configuration();
  const isKept = workspace.own && (await context.outlineIfAny()) !== undefined;
  const file = isKept ? configurationFile(workspace.folder, workspace.stack) : undefined;
  return { replaces: !isHidden, ...(file !== undefined && { file }) };
}

/** `rest`: describes the resources that did not fail. */
export function assertSuccess(
  { result: { code, cancelled }, failures }: Outcome,
  { away = new Set() }: Pick<Deployment, "away">,
  rest = `All other resources are up to date. ${next}`,
): void {
  if (cancelled) throw new K2Error("cancelled", "cancelled");
  if (code === 0) return;
  if (failures.length > 0 && failures.every(({ host }) => away.has(host ?? ""))) return;
  const names = [...new Set(failures.map(({ name }) => name).filter(Boolean))];
  const what = names.length > 0 ? `not done: ${names.join(", ")}` : `pulumi exited with ${code}`;
  throw new K2Error("engine", what, {
    hint: names.length > 0 ? rest : next,
  });
}

function failureText({ name, text, at }: Failure): string {
  return name === "" || at === name ? text : `${name}: ${text}`;
}
