/** The verdict on the convergence of a service, as data and as text. */
import { formatDuration } from "../../../compose/values/duration.js";
import type { ShownTask } from "./tasks.js";

interface Counts {
  /** Tasks that run; of a job, those that are complete. */
  count: number;
  wanted: number;
  job?: true;
}

/** `unseen`: no poll shows the update yet. `monitor`: all tasks run, and are watched for a while. */
export type Waiting = Counts & {
  state: "waiting";
  why: "unseen" | "starting" | "updating" | "rollingBack" | "monitor";
  /** The newest task of each slot that does not run. */
  pending: ShownTask[];
};

export type Done = Counts & { state: "done" };

export type FailureCause =
  | "paused"
  | "rolledBack"
  | "rollbackPaused"
  // The engine calls the update completed, because its failure action is to continue.
  | "notRunning"
  | "attemptsFailed"
  | "noAttemptsLeft"
  | "jobFailed"
  | "timeout";

export type Failed = Counts & {
  state: "failed";
  cause: FailureCause;
  /** The task that explains the failure; for `timeout`, the pending one with the scheduler's error. */
  task?: ShownTask;
  /** Failed tasks of the task's slot. */
  attempts?: number;
  /** Milliseconds without progress, and the wait that they ended; only of `timeout`. */
  after?: number;
  during?: Waiting["why"];
};

export type Verdict = Waiting | Done | Failed;

export function printVerdict(verdict: Verdict): string {
  if (verdict.state === "done") return counted(verdict);
  if (verdict.state === "waiting") return printWaiting(verdict);
  const text = failures[verdict.cause](verdict);
  return verdict.task === undefined ? text : `${text}: ${printTask(verdict.task)}`;
}

const phases: Record<Waiting["why"], (counts: Counts) => string> = {
  unseen: () => "sent",
  starting: counted,
  updating: (counts) => `updating: ${counted(counts)}`,
  rollingBack: (counts) => `rolling back: ${counted(counts)}`,
  monitor: (counts) => `${counted(counts)}, monitored`,
};

const mostPending = 3;

function printWaiting(waiting: Waiting): string {
  const more = waiting.pending.length - mostPending;
  const tasks = waiting.pending.slice(0, mostPending).map(printTask);
  return [phases[waiting.why](waiting), ...tasks, ...(more > 0 ? [`${more} more`] : [])].join("; ");
}

const failures: Record<FailureCause, (failed: Failed) => string> = {
  paused: (failed) => `update paused, ${counted(failed)} with the new specification`,
  rolledBack: (failed) => `update rolled back, ${counted(failed)} with the previous specification`,
  rollbackPaused: (failed) => `rollback paused, ${counted(failed)} with the previous specification`,
  notRunning: (failed) => `update completed, but only ${counted(failed)}`,
  attemptsFailed: ({ attempts = 0 }) => `${attempts} attempts failed`,
  noAttemptsLeft: () => "no attempts left",
  jobFailed: (failed) => `job failed, ${counted(failed)}`,
  timeout: ({ during = "starting", after = 0, ...counts }) =>
    `${phases[during](counts)}, and no progress for ${formatDuration(BigInt(Math.round(after / 1000)) * 1_000_000_000n)}`,
};

/** "2/3 running" */
function counted({ count, wanted, job }: Counts): string {
  return `${count}/${wanted} ${job ? "complete" : "running"}`;
}

/** "task 2 on w3: exit 3, cannot open db" */
export function printTask({ id, slot, host, state, exitCode, error }: ShownTask): string {
  const subject = slot === undefined && host !== undefined ? "task" : `task ${slot ?? id}`;
  const where = host === undefined ? "" : ` on ${host}`;
  const causes = [...(exitCode ? [`exit ${exitCode}`] : []), ...(error === undefined ? [] : [error])];
  const isOver = state === "failed" || state === "rejected";
  const outcome = [...(state === undefined || (isOver && causes.length > 0) ? [] : [state]), ...causes];
  return `${subject}${where}${outcome.length === 0 ? "" : `: ${outcome.join(", ")}`}`;
}
