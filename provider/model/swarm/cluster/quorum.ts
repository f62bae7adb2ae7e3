/** Managers that a swarm can lose: more than half of them must be reachable. */
import type { Notice, Refusal } from "./operations.js";

export interface Manager {
  /** The id of its node; the host of one that joins. */
  key: string;
  host: string;
  reachable: boolean;
}

/** Removes managers one at a time, unreachable ones first, and refuses each that would cost the swarm its quorum. */
export function withoutManagers(
  managers: Manager[],
  /** Keys. */
  removed: string[],
): { left: Manager[]; refusals: Refusal[] } {
  const leaving = managers.filter(({ key }) => removed.includes(key));
  const refusals: Refusal[] = [];
  let left = managers;
  for (const manager of leaving.toSorted((a, b) => Number(a.reachable) - Number(b.reachable))) {
    const rest = left.filter((each) => each !== manager);
    if (hasQuorum(rest)) left = rest;
    else refusals.push(refusalOf(manager, rest));
  }
  return { left, refusals };
}

function hasQuorum(managers: Manager[]): boolean {
  return managers.filter(({ reachable }) => reachable).length > managers.length / 2;
}

/** A swarm of two managers stops when either of them does. */
export function evenManagers(managers: Manager[]): Notice[] {
  const count = managers.length;
  if (count === 0 || count % 2 !== 0) return [];
  const lost = (count - 2) / 2;
  const what = `${count} managers tolerate the loss of ${lost}, as ${count - 1} would: use an odd number`;
  return [{ code: "even-managers", what }];
}

function refusalOf({ host }: Manager, rest: Manager[]): Refusal {
  const reachable = rest.filter((each) => each.reachable).length;
  const left =
    rest.length === 0
      ? "no manager would be left"
      : `${reachable} of ${rest.length} managers would be reachable`;
  return {
    ...{ code: "quorum", error: "conflict", host },
    what: `cannot stop being a manager: ${left}, and the swarm needs more than half`,
    hint: "Add another manager first, or bring the unreachable ones back.",
  };
}
