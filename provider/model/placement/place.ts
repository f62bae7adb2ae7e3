/**
 * Assigns services to hosts. Pure and deterministic: the same file and the same previous placement have the same result, in
 * whatever order the file lists services and hosts. Services stay on their hosts as long as the file allows it.
 */
import type { Project } from "../../compose/types.js";
import type { K2Error } from "../../shared/errors.js";
import { Attempt } from "./attempt.js";
import { Ledger } from "./ledger.js";
import { type Needs, needsOf, weightOf } from "./reservations.js";
import { type Rules, rulesOf } from "./rules.js";
import type { Placement } from "./placement.js";
import { entryOf } from "../../shared/lookup.js";

export interface PlacementOptions {
  /** Ignore the previous placement, so that services also move to new hosts; those on hosts that are down stay. */
  rebalance?: boolean;
  /** Hosts that do not answer. Their services stay planned there; new containers that can run elsewhere are not placed there. */
  down?: string[];
}

interface Failure {
  group: string[];
  error: K2Error;
}

/** Throws K2Error if a rule cannot be satisfied. */
export function place(project: Project, previous: Placement = {}, options: PlacementOptions = {}): Placement {
  const rules = rulesOf(project);
  const needs = needsOf(project, rules);
  const down = new Set(options.down);
  const kept = options.rebalance ? onlyOn(previous, down) : previous;
  let groups = hardestFirst(rules, needs);
  let first: K2Error | undefined;
  // A group that cannot be placed is placed first in the next attempt. This heuristic solves the cases that occur in practice.
  for (let tries = 1; ; tries++) {
    const ledger = new Ledger(project, rules, needs);
    const failed = run(groups, rules, new Attempt(project, rules, ledger, kept, down));
    if (!failed) return placementOf(project, ledger);
    first ??= failed.error;
    if (tries === 10) throw first;
    groups = [failed.group, ...groups.filter((group) => group !== failed.group)];
  }
}

/** Whether any service can run on more than one host: only then does the previous placement matter. */
export function hasChoices(project: Project): boolean {
  const rules = rulesOf(project);
  return rules.affinity.groups.some((group) => hasChoice(rules, group));
}

/** Places groups without a choice first, then keeps running services, so that new ones cannot take their place. */
function run(groups: string[][], rules: Rules, attempt: Attempt): Failure | undefined {
  const bound = groups.filter((group) => !hasChoice(rules, group));
  const free = groups.filter((group) => hasChoice(rules, group));
  const failure = fillAll(bound, attempt);
  if (failure) return failure;
  for (const service of free.flat()) attempt.keep(service);
  return fillAll(free, attempt);
}

function fillAll(groups: string[][], attempt: Attempt): Failure | undefined {
  for (const group of groups) {
    for (const service of group) {
      const error = attempt.fill(service);
      if (error) return { group, error };
    }
  }
  return undefined;
}

function hasChoice(rules: Rules, group: string[]): boolean {
  return group.some((service) => {
    const { explicit, onEachHost, hosts } = entryOf(rules.of, service);
    return explicit && !onEachHost && hosts.length > 1;
  });
}

/** Sorts groups with few hosts first, then those with large reservations: both are hard to place later. */
function hardestFirst(rules: Rules, needs: Needs): string[][] {
  const ranked = rules.affinity.groups.map((group) => ({
    group,
    choice: Math.min(
      ...group
        .map((name) => entryOf(rules.of, name))
        .map(({ explicit, hosts }) => (explicit ? hosts.length : Infinity)),
    ),
    weight: weightOf(needs, group),
    name: group.toSorted()[0] ?? "",
  }));
  ranked.sort((a, b) => byNumber(a.choice, b.choice) || b.weight - a.weight || (a.name < b.name ? -1 : 1));
  return ranked.map(({ group }) => group);
}

/** Compares numbers, also two infinite ones, whose difference is NaN. */
function byNumber(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

function onlyOn(previous: Placement, hosts: ReadonlySet<string>): Placement {
  const here = (places: Record<string, number>) => Object.entries(places).filter(([host]) => hosts.has(host));
  return Object.fromEntries(
    Object.entries(previous).map(([service, places]) => [service, Object.fromEntries(here(places))]),
  );
}

function placementOf(project: Project, ledger: Ledger): Placement {
  const placement: Placement = {};
  for (const name of Object.keys(project.services).sort()) {
    placement[name] = Object.fromEntries([...ledger.hostsOf(name)].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
  return placement;
}
