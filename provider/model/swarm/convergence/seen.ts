/** Memory of the polls of a converging service: the engine keeps only a few ended tasks, and overwrites the cause of a rollback. */
import type { ObservedNode, ObservedSwarmService, ObservedTask } from "../observed.js";
import { counts, hasFailed, isJob, isWanted, liveSlots, type Slot, wantedTasks } from "./tasks.js";

export interface Poll {
  service: ObservedSwarmService;
  /** The tasks that the engine lists as up to date (`_up-to-date`), read after the service. */
  tasks: ObservedTask[];
  nodes: ObservedNode[];
  /**
   * The operation starts tasks with a new specification: it created the service, or its update restarts tasks. Otherwise
   * failures that the first poll finds are of an earlier time.
   */
  restarts: boolean;
  /** The task with the id in `Judged.fetch`. */
  fetched?: ObservedTask;
  /** Milliseconds, of any clock that only advances. */
  now: number;
}

export interface Seen {
  /** By slot: ids of the tasks that failed, and the newest one. */
  failures: Record<string, { ids: string[]; newest: ObservedTask }>;
  /** Ids of tasks that had failed before the operation; absent until the first poll after it. */
  before?: string[];
  /** The tasks that run, if as many run as wanted, and since when it has been these. */
  steady?: { tasks: string; since: number };
  /** Slots whose last task has ended and is not replaced, with the time at which that was seen first. */
  ended: Record<string, number>;
  progress: { phase: string; count: number; at: number };
  /** When a task of a job was running last. */
  jobRan?: number;
  /** The task for which the engine paused or rolled back an update. */
  blamed?: { id: string; task?: ObservedTask };
}

export function remember(poll: Poll, seen: Seen | undefined): Seen {
  const { service, tasks, nodes, now } = poll;
  const slots = liveSlots(service, tasks, nodes);
  const counted = slots.filter(({ newest }) => counts(service.spec, newest));
  const before =
    seen?.before ?? (poll.restarts ? [] : idsOf(slots.flatMap((slot) => failuresIn(service, slot))));
  const steady =
    counted.length === wantedTasks(service.spec, nodes) ? steadyWith(counted, seen, now) : undefined;
  const blamed = blamedIn(poll, seen);
  const runs = isJob(service.spec.Mode) && slots.some(({ newest }) => newest.state === "running");
  const jobRan = runs ? now : seen?.jobRan;
  return {
    failures: withFailures(service, slots, before, seen?.failures ?? {}),
    before,
    ...(steady !== undefined && { steady }),
    ended: Object.fromEntries(
      slots
        .filter(({ newest }) => hasEnded(service, newest))
        .map(({ key }) => [key, seen?.ended[key] ?? now]),
    ),
    progress: progressOf(service, counted.length, seen, now),
    ...(jobRan !== undefined && { jobRan }),
    ...(blamed !== undefined && { blamed }),
  };
}

/** The scheduler replaces a task at the moment at which it gives the old one up, so an ended one that is not wanted is the last. */
function hasEnded({ spec }: ObservedSwarmService, task: ObservedTask): boolean {
  return isFailure(spec, task) && !isWanted(task);
}

/** A service that exits without an error has failed to run, unless its restart policy lets it. */
function isFailure(spec: ObservedSwarmService["spec"], task: ObservedTask): boolean {
  return hasFailed(task) || (task.state === "complete" && !counts(spec, task));
}

function failuresIn({ spec }: ObservedSwarmService, { newest, earlier }: Slot): ObservedTask[] {
  return [newest, ...earlier].filter((task) => isFailure(spec, task));
}

/** Those of slots that no longer exist stay: they explain why an update was rolled back. */
function withFailures(
  service: ObservedSwarmService,
  slots: Slot[],
  before: string[],
  known: Seen["failures"],
): Seen["failures"] {
  const found = slots.flatMap((slot) => {
    const failed = failuresIn(service, slot).filter(({ id }) => !before.includes(id));
    const newest = failed[0];
    if (newest === undefined) return [];
    const ids = [...new Set([...(known[slot.key]?.ids ?? []), ...idsOf(failed)])];
    return [[slot.key, { ids, newest }] as const];
  });
  return { ...known, ...Object.fromEntries(found) };
}

function steadyWith(counted: Slot[], seen: Seen | undefined, now: number): Seen["steady"] {
  const tasks = idsOf(counted.map(({ newest }) => newest)).join(" ");
  return seen?.steady?.tasks === tasks ? seen.steady : { tasks, since: now };
}

/** More tasks than ever before is progress, and so is another phase of an update. */
function progressOf(
  { spec, update, jobIteration }: ObservedSwarmService,
  count: number,
  seen: Seen | undefined,
  now: number,
): Seen["progress"] {
  const phase = isJob(spec.Mode) ? `job ${jobIteration ?? 0}` : (update?.state ?? "");
  const last = seen?.progress;
  return last !== undefined && last.phase === phase && count <= last.count ? last : { phase, count, at: now };
}

/** The engine names the task only in its text, and replaces that text when the rollback is complete. */
function blamedIn({ service, tasks, fetched }: Poll, seen: Seen | undefined): Seen["blamed"] {
  const id = /\btask (\w+)$/.exec(service.update?.message ?? "")?.[1] ?? seen?.blamed?.id;
  if (id === undefined) return undefined;
  const known = [
    ...tasks,
    ...(fetched === undefined ? [] : [fetched]),
    ...Object.values(seen?.failures ?? {}).map(({ newest }) => newest),
  ];
  const task =
    known.find((each) => each.id === id) ?? (seen?.blamed?.id === id ? seen.blamed.task : undefined);
  return { id, ...(task !== undefined && { task }) };
}

function idsOf(tasks: ObservedTask[]): string[] {
  return tasks.map(({ id }) => id);
}
