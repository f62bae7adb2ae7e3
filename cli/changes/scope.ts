/** The part of all changes that a run makes. Pure. */
import type { Change } from "../../provider/model/changes/compare.js";
import type { Plan } from "../../provider/model/plan/node.js";
import type { StackState } from "../../provider/model/stack-state.js";
import { type ChangeOptions, withDependencies } from "./change-options.js";
import { idsOfDisabled, isRemoval, leaversOf } from "./leaving.js";
import { followerIds, targetIds } from "./plan-targets.js";

export interface Scope {
  /** In the order of the plan, removals last. Limited to the named services, if any. */
  changes: Change[];
  /** The part of the plan that the named services need; everything without names. */
  ids: Set<string>;
  /** Hosts that named services leave ("web@a"), if only a run without names can remove those containers. */
  staying: string[];
  /** URNs of resources that depend on what named services leave behind. */
  dependents: string[];
  /** Some resources outside the plan stay: Pulumi receives the targets of the run. */
  isPartial: boolean;
}

interface Wish {
  plan: Plan;
  state: StackState | undefined;
  /** Names and globs of services, and the services that they name. */
  patterns: string[];
  named: string[];
  options: ChangeOptions;
  /** Services whose profiles are disabled: they stay as they are. */
  disabled: string[];
  /** Nothing that left the file is removed. */
  keepsRemoved: boolean;
}

export function scopeOf(all: Change[], wish: Wish): Scope {
  const { plan, state, patterns, options, keepsRemoved } = wish;
  const disabled = idsOfDisabled(wish.disabled, state);
  const changes = all.filter(({ id, action }) => !(isRemoval(action) && disabled.has(id)));
  const ids = targetIds(plan, patterns, withDependencies(options));
  if (patterns.length > 0) for (const id of followerIds(plan, changes, ids)) ids.add(id);
  const { removed, ...left } = leaversOf(changes, keepsRemoved ? [] : wish.named, state);
  const planned = new Set(plan.nodes.map(({ id }) => id));
  const isLimited = patterns.length > 0 || keepsRemoved;
  const isPartial = isLimited || [...disabled].some((id) => !planned.has(id));
  if (!isLimited) return { changes, ids, isPartial, ...left };
  return { changes: [...changes.filter(({ id }) => ids.has(id)), ...removed], ids, isPartial, ...left };
}
