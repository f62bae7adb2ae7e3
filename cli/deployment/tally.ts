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
}

export function tallyOf({ plan, pending, away }: Planned, results: Record<"done" | "failed", Done[]>): Tally {
  const failedIds = idsOf(results.failed);
  const doneIds = idsOf(results.done);
  const blockedIds = blockedNodes(plan, { pending, failed: failedIds, away });
  const tally: Tally = { done: [], failed: [], blocked: [], unreached: [] };
  for (const id of pending) {
    if (failedIds.has(id)) tally.failed.push(id);
    else if (doneIds.has(id)) tally.done.push(id);
    else if (blockedIds.has(id)) tally.blocked.push(id);
    else tally.unreached.push(id);
  }
  return tally;
}

/** Whether a run that succeeded did nothing of what was planned for the hosts that answer. */
export function didNothing(planned: Planned, results: Record<"done" | "failed", Done[]>): boolean {
  const { done, failed, blocked, unreached } = tallyOf(planned, results);
  return (
    done.length + failed.length + blocked.length === 0 && unreached.some((id) => !isOnAny(id, planned.away))
  );
}

/** IDs as in a plan: "healthCheck web@b". */
export function idsOf(done: Done[]): Set<string> {
  return new Set(done.map(({ kind, name }) => idOf(kind, name)));
}
