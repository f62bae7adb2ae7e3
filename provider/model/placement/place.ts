/**
 * Services -> hosts. Pure and deterministic: the same file and the same memory give the same places, in whatever order
 * things are written. What ran somewhere stays there as long as the file allows it.
 */
import type { Project } from "../../compose/types.js";
import type { K2Error } from "../../shared/errors.js";
import { Attempt } from "./attempt.js";
import { Ledger } from "./ledger.js";
import { type Needs, needsOf, weightOf } from "./reservations.js";
import { type Rules, rulesOf } from "./rules.js";
import type { Placement } from "./placement.js";

export interface PlacementOptions {
  /** Forget where things are, so that new hosts get their share. */
  rebalance?: boolean;
  /** Hosts that do not answer: what is there stays planned there, nothing new goes there if it has a choice. */
  down?: string[];
}

interface Failure {
  group: string[];
  error: K2Error;
}

/** Throws K2Error where a rule cannot be met. */
export function place(project: Project, memory: Placement = {}, options: PlacementOptions = {}): Placement {
  const rules = rulesOf(project);
  const needs = needsOf(project, rules);
  const down = new Set(options.down);
  const remembered = options.rebalance ? onlyOn(memory, down) : memory;
  let groups = hardestFirst(rules, needs);
  let first: K2Error | undefined;
  // Who finds no place gets the first choice in the next attempt. Not every puzzle is solved so, but those people write.
  for (let tries = 0; tries < 10; tries++) {
    const ledger = new Ledger(project, rules, needs);
    const failed = run(groups, rules, new Attempt(project, rules, ledger, remembered, down));
    if (!failed) return placementOf(project, ledger);
    first ??= failed.error;
    groups = [failed.group, ...groups.filter((group) => group !== failed.group)];
  }
  throw first!;
}

/** Whether anything of the project may be in more than one place: only then does memory matter. */
export function hasChoices(project: Project): boolean {
  const rules = rulesOf(project);
  return rules.company.groups.some((group) => hasChoice(rules, group));
}

/** Groups without a choice come first, and nobody who is new takes the place of what runs. */
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
    const { own, each, hosts } = rules.of.get(service)!;
    return own && !each && hosts.length > 1;
  });
}

/** Few hosts to choose from first, then those who reserve much: both are hard to place later. */
function hardestFirst(rules: Rules, needs: Needs): string[][] {
  const ranked = rules.company.groups.map((group) => ({
    group,
    choice: Math.min(
      ...group.map((name) => rules.of.get(name)!).map(({ own, hosts }) => (own ? hosts.length : Infinity)),
    ),
    weight: weightOf(needs, group),
    name: group.toSorted()[0]!,
  }));
  ranked.sort((a, b) => byNumber(a.choice, b.choice) || b.weight - a.weight || (a.name < b.name ? -1 : 1));
  return ranked.map(({ group }) => group);
}

/** Infinity less Infinity is no number. */
function byNumber(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

function onlyOn(memory: Placement, hosts: ReadonlySet<string>): Placement {
  const here = (places: Record<string, number>) => Object.entries(places).filter(([host]) => hosts.has(host));
  return Object.fromEntries(
    Object.entries(memory).map(([service, places]) => [service, Object.fromEntries(here(places))]),
  );
}

function placementOf(project: Project, ledger: Ledger): Placement {
  const placement: Placement = {};
  for (const name of Object.keys(project.services).sort()) {
    placement[name] = Object.fromEntries([...ledger.hostsOf(name)].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
  return placement;
}
