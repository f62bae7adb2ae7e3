/** Sorts the planned changes of a run by their results. */
import { blockedNodes, isOnAny } from "../../provider/model/changes/blocked.js";
import { idOf } from "../../provider/model/kinds.js";
import type { Plan } from "../../provider/model/plan/node.js";
import type { Done } from "./view.js";

interface Planned {
  plan: Plan;
  /** IDs of the resources that must change. */
  pending: ReadonlySet<string>;
  /** Hosts that did not answer. */
  away: ReadonlySet<string>;
}

/** IDs of the planned changes, each in one list. */
interface Tally {
  done: string[];
  failed: string[];
  /** A dependency failed. */
  blocked: string[];
  /** On hosts that did not answer, or after the point where the run stopped. */
  unreached: string[];
  /** Removals, which a run that failed does not make. */
  kept: string[];
}

export function tallyOf({ plan, pending, away }: Planned, results: Record<"done" | "failed", Done[]>): Tally {
  const failedIds = idsOf(results.failed);
  const doneIds = idsOf(results.done);
  const blockedIds = blockedNodes(plan, { pending, failed: failedIds, away });
  const tally: Tally = { done: [], failed: [], blocked: [], unreached: [], kept: [] };
  const planned = new Set(plan.nodes.map(({ id }) => id));
  for (const id of pending) {
    if (failedIds.has(id)) tally.failed.push(id);
    else if (doneIds.has(id)) tally.done.push(id);
    else if (blockedIds.has(id)) tally.blocked.push(id);
    else if (!planned.has(id) && !isOnAny(id, away)) tally.kept.push(id);
    else tally.unreached.push(id);
  }
  return tally;
}

/** "3 done, 1 not done, 2 blocked". Counts what has a line in previews and results. */
export function printTally({ done, failed, blocked, unreached, kept }: Tally): string {
  const shown = (ids: string[]) => ids.filter((id) => !isImplied(id)).length;
  const counts: [number, string][] = [
    [failed.length, "not done"],
    [shown(blocked), "blocked"],
    [shown(unreached), "not reached"],
    [shown(kept), "not removed"],
  ];
  const others = counts.flatMap(([count, words]) => (count === 0 ? [] : [`${count} ${words}`]));
  return [`${shown(done)} done`, ...others].join(", ");
}

/** Hosts and images of the stack: their resources on the hosts show the change. */
function isImplied(id: string): boolean {
  return id.startsWith("host ") || (id.startsWith("image ") && !/@(?!sha256:)[^@]+$/.test(id));
}

/** Whether a run that succeeded did nothing of what was planned for the hosts that answer. */
export function didNothing(planned: Planned, results: Record<"done" | "failed", Done[]>): boolean {
  const { done, failed, blocked, unreached, kept } = tallyOf(planned, results);
  const open = [...unreached, ...kept].filter((id) => !isOnAny(id, planned.away));
  return done.length + failed.length + blocked.length === 0 && open.length > 0;
}

/** IDs as in a plan: "healthCheck web@b". */
export function idsOf(done: Done[]): Set<string> {
  return new Set(done.map(({ kind, name }) => idOf(kind, name)));
}
