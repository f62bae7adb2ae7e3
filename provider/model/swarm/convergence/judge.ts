/**
 * Has a service converged? The engine reports only its own updates, calls an update with failed tasks completed, and never
 * gives a pending task up, so tasks are counted as well.
 */
import type { ObservedTask } from "../observed.js";
import { type Poll, remember, type Seen } from "./seen.js";
import {
  counts,
  hasHealthcheck,
  isJob,
  isWanted,
  liveSlots,
  shown,
  type ShownTask,
  type Slot,
  wantedTasks,
} from "./tasks.js";
import type { Failed, FailureCause, Verdict, Waiting } from "./verdict.js";

/** All times are milliseconds. */
export interface JudgeOptions {
  /** Longest time in which nothing advances. Default: 5 minutes, in which a running job is not idle. */
  timeout?: number;
  /** How long tasks without a healthcheck must run. Default: 5 seconds. */
  monitor?: number;
  /** Failed tasks of one slot that end the wait. Default: 3. */
  attempts?: number;
}

export interface JudgeInput extends Poll {
  options?: JudgeOptions;
  /** The version of the service that the update was sent for: a poll that finds it has not seen the update. */
  base?: number;
  /** Returned by the poll before; absent for the first one. */
  seen?: Seen;
}

export type Judged = Verdict & {
  seen: Seen;
  /** Id of a task that explains the failure: read it, and judge once more with `fetched`. */
  fetch?: string;
};

/** For a slot whose last task has failed: its successor would exist by then. */
const settled = 1000;

export function judge(input: JudgeInput): Judged {
  const { base, service, now } = input;
  if (base !== undefined && service.version <= base) {
    const seen = input.seen ?? { failures: {}, ended: {}, progress: { phase: "", count: -1, at: now } };
    const view = viewOf(input, seen);
    return { ...inTime(view, { ...waiting(view, "unseen"), pending: [] }), seen };
  }
  const seen = remember(input, input.seen);
  const view = viewOf(input, seen);
  const { blamed } = seen;
  const fetch = blamed !== undefined && blamed.task === undefined ? blamed.id : undefined;
  return { ...inTime(view, verdictOf(view)), seen, ...(fetch !== undefined && { fetch }) };
}

interface View {
  input: JudgeInput;
  seen: Seen;
  slots: Slot[];
  job: boolean;
  count: number;
  wanted: number;
  options: Required<Omit<JudgeOptions, "timeout">> & Pick<JudgeOptions, "timeout">;
}

function viewOf(input: JudgeInput, seen: Seen): View {
  const { service, tasks, nodes, options = {} } = input;
  const slots = liveSlots(service, tasks, nodes);
  return {
    ...{ input, seen, slots, job: isJob(service.spec.Mode) },
    count: slots.filter(({ newest }) => counts(service.spec, newest)).length,
    wanted: wantedTasks(service.spec, nodes),
    options: { monitor: 5_000, attempts: 3, ...options },
  };
}

function verdictOf(view: View): Verdict {
  if (view.job) return verdictOfJob(view);
  switch (view.input.service.update?.state) {
    case "paused":
      return failed(view, "paused", blamed(view));
    case "rollback_paused":
      return failed(view, "rollbackPaused", blamed(view));
    case "rollback_completed":
      return failed(view, "rolledBack", blamed(view));
    case "updating":
      return waiting(view, "updating");
    case "rollback_started":
      return waiting(view, "rollingBack");
    case "completed":
      return verdictOfTasks(view, true);
    default:
      return verdictOfTasks(view, false);
  }
}

/** `completed`: the engine has monitored the tasks already, and has let failures pass. */
function verdictOfTasks(view: View, completed: boolean): Verdict {
  const all = view.count === view.wanted;
  if (all && (completed || isSteady(view))) return done(view);
  const failure = completed && !all ? failureOfIdle(view) : undefined;
  if (failure !== undefined) return failed(view, "notRunning", failure);
  return givenUp(view) ?? waiting(view, all ? "monitor" : "starting");
}

function isSteady({ input, seen, wanted, options }: View): boolean {
  if (!input.restarts || wanted === 0 || hasHealthcheck(input.service.spec.TaskTemplate.ContainerSpec))
    return true;
  return seen.steady !== undefined && input.now - seen.steady.since >= options.monitor;
}

function givenUp(view: View): Failed | undefined {
  const often = failingOften(view);
  if (often !== undefined)
    return { ...failed(view, "attemptsFailed", often.newest), attempts: often.ids.length };
  const last = view.slots.find((slot) => isSettled(view, slot));
  return last && failed(view, "noAttemptsLeft", last.newest);
}

/** The engine counts the attempts of a job that limits them. */
function verdictOfJob(view: View): Verdict {
  if (view.count >= view.wanted) return done(view);
  const limited = (view.input.service.spec.TaskTemplate.RestartPolicy?.MaxAttempts ?? 0) > 0;
  const often = limited ? undefined : failingOften(view);
  if (often !== undefined) return { ...failed(view, "jobFailed", often.newest), attempts: often.ids.length };
  const last = view.slots.find((slot) => isSettled(view, slot));
  const busy = view.slots.some(({ newest }) => isWanted(newest) && newest.state !== "complete");
  if (last === undefined || busy) return waiting(view, "starting");
  return failed(view, "jobFailed", last.newest);
}

function failingOften({ seen, options }: View): Seen["failures"][string] | undefined {
  return Object.values(seen.failures).find(({ ids }) => ids.length >= options.attempts);
}

function isSettled({ input, seen }: View, { key }: Slot): boolean {
  const since = seen.ended[key];
  return since !== undefined && input.now - since >= settled;
}

/** The newest failure of a slot in which nothing runs. */
function failureOfIdle({ input, seen, slots }: View): ObservedTask | undefined {
  const idle = slots.filter(({ newest }) => !counts(input.service.spec, newest));
  return idle.map(({ key }) => seen.failures[key]?.newest).find((task) => task !== undefined);
}

/** Replaces a wait in which nothing advances for too long. */
function inTime(view: View, verdict: Verdict): Verdict {
  const { input, seen, options } = view;
  if (verdict.state !== "waiting") return verdict;
  const ran = options.timeout === undefined ? (seen.jobRan ?? 0) : 0;
  const idle = input.now - Math.max(seen.progress.at, ran);
  if (idle < (options.timeout ?? defaultTimeout) + pausesOf(view, verdict)) return verdict;
  const task = verdict.pending.find(({ error }) => error !== undefined) ?? verdict.pending[0];
  return {
    ...failed(view, "timeout"),
    ...(task !== undefined && { task }),
    during: verdict.why,
    after: idle,
  };
}

const defaultTimeout = 5 * 60_000;

/** The time in which nothing has to advance: a rolling update waits after each task. */
function pausesOf({ input: { service }, options }: View, { why }: Waiting): number {
  if (why === "monitor") return options.monitor;
  if (why === "starting" || why === "unseen") return 0;
  const { UpdateConfig, RollbackConfig } = service.spec;
  const policy = why === "updating" ? UpdateConfig : RollbackConfig;
  return ((policy?.Delay ?? 0) + (policy?.Monitor ?? 0)) / 1_000_000;
}

function blamed({ seen }: View): ObservedTask | ShownTask | undefined {
  const [known] = Object.values(seen.failures);
  return seen.blamed === undefined ? known?.newest : (seen.blamed.task ?? { id: seen.blamed.id });
}

function waiting(view: View, why: Waiting["why"]): Waiting {
  const { spec } = view.input.service;
  const idle = view.slots.filter(({ newest }) => !counts(spec, newest));
  const pending = idle.map(({ newest }) => shown(newest, spec, view.input.nodes));
  return { state: "waiting", ...countsOf(view), why, pending };
}

function done(view: View): Verdict {
  return { state: "done", ...countsOf(view) };
}

function failed(view: View, cause: FailureCause, task?: ObservedTask | ShownTask): Failed {
  const { service, nodes } = view.input;
  return {
    state: "failed",
    ...countsOf(view),
    cause,
    ...(task !== undefined && { task: "serviceId" in task ? shown(task, service.spec, nodes) : task }),
  };
}

function countsOf({ count, wanted, job }: View) {
  return { count, wanted, ...(job && { job }) } as const;
}
