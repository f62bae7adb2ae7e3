/**
 * Computes ordered operations from the desired service and the observed containers. Pure: previews, `up` and drift
 * checks all call this function.
 */
import { label } from "../labels.js";
import type { ObservedContainer } from "../observed.js";
import { differences } from "./differences.js";
import { type ReasonCode, reasonFor, reasonThat } from "../reasons.js";
import { type Operation, type Operations, withoutUndo, type Swap } from "./operations.js";
import { addPreStart } from "./pre-start.js";
import { bringUp, finalNameOf, handle, isUp, serves, type Slot, swap, waitCondition } from "./replace.js";
import type { DesiredService } from "./desired-service.js";

export function reconcile(desired: DesiredService, observed: ObservedContainer[]): Operations {
  const slots = slotsOf(desired, observed);
  const { kept, surplus } = chooseSlots(slots, desired.replicas);
  const result: Operations = { summary: "", reasons: [], stages: [], kept: [] };

  const removals = surplus.map((slot) => removalSteps(result, slot));
  // A surplus container may be the only running one, while those to keep are still down.
  const last = desired.rolling.order === "start-first" && surplus.some(runs) && !kept.every(runs);
  if (!last) addStage(result, removals);
  const swaps: Swap[] = [];
  const lending: Swap[] = [];
  const starts: Swap[] = [];
  for (const slot of kept) {
    if (slot.stale.length > 0 && desired.lends && slot === kept[0])
      lending.push({ ...swap(desired, result, slot), lends: true });
    else if (slot.stale.length > 0) swaps.push(swap(desired, result, slot));
    else if (slot.match) starts.push(...stepsForMatch(desired, result, slot.match, slot.number));
  }
  const { parallelism } = desired.rolling;
  for (let at = 0; at < swaps.length; at += parallelism) addStage(result, swaps.slice(at, at + parallelism));
  addStage(result, [...starts, ...additions(desired, result, slots, kept.length)]);
  addStage(result, lending);
  if (last) addStage(result, removals);
  addPreStart(desired, result);
  addGates(desired, result);
  result.summary = summarise(desired, observed, kept, swaps.length + lending.length > 0);
  return result;
}

/** Containers by number; the best match among several with one number is kept. */
function slotsOf(desired: DesiredService, observed: ObservedContainer[]): Slot[] {
  const slots = new Map<number, Slot>();
  for (const container of [...observed].sort(byNumber)) {
    const number = numberOf(container);
    const slot = slots.get(number) ?? { number, stale: [], why: [] };
    slots.set(number, slot);
    const why = differences(desired, container);
    if (
      why.length === 0 &&
      (!slot.match || matchScore(desired, container) > matchScore(desired, slot.match))
    ) {
      if (slot.match) slot.stale.push(slot.match);
      slot.match = container;
    } else {
      slot.stale.push(container);
      slot.why.push(...why);
    }
  }
  return [...slots.values()];
}

/** Among matching containers, prefers the one that needs the fewest operations. */
function matchScore(desired: DesiredService, container: ObservedContainer): number {
  const named = container.name === finalNameOf(desired, numberOf(container));
  return Number(container.state === "running") * 2 + Number(named);
}

/** Scaling down removes containers that would be replaced anyway first, then the highest numbers. */
function chooseSlots(slots: Slot[], replicas: number): { kept: Slot[]; surplus: Slot[] } {
  const byScore = [...slots].sort(
    (a, b) => Number(b.match !== undefined) - Number(a.match !== undefined) || a.number - b.number,
  );
  const kept = byScore.slice(0, replicas).sort((a, b) => a.number - b.number);
  return { kept, surplus: byScore.slice(replicas).reverse() };
}

function removalSteps(result: Operations, slot: Slot): Swap {
  const steps: Operation[] = [];
  for (const container of [...(slot.match ? [slot.match] : []), ...slot.stale]) {
    result.reasons.push(reasonThat("surplus", container.name, "is one too many: will be removed"));
    if (isUp(container)) steps.push({ op: "stop", container: handle(container), cause: "one too many" });
    steps.push({ op: "remove", container: handle(container), cause: "one too many" });
  }
  return withoutUndo(steps);
}

/** Steps for a matching container that may be stopped or misnamed. */
function stepsForMatch(
  desired: DesiredService,
  result: Operations,
  container: ObservedContainer,
  number: number,
): Swap[] {
  const steps: Operation[] = [];
  const finalName = finalNameOf(desired, number);
  const { name } = container;
  if (name !== finalName) {
    result.reasons.push(reasonThat("misnamed", name, `should be called ${finalName}: will be renamed`));
    steps.push({ op: "rename", container: handle(container), name: finalName, cause: "its name" });
  }
  const up = bringUp(desired, container, { wait: waitCondition(desired, false) });
  for (const step of up) {
    if (step.op === "stop") continue;
    const { code, verb } = remedyOf(step, container);
    result.reasons.push(reasonThat(code, name, `${step.cause}: will be ${verb}`));
  }
  steps.push(...up);
  if (up.length === 0 && isUp(container) && desired.restartFor.length > 0) {
    const cause = `${desired.restartFor.join(", ")} was replaced`;
    result.reasons.push(reasonFor("dependency", name, `${cause}: will be restarted`));
    steps.push({ op: "stop", container: handle(container), cause });
    steps.push({ op: "start", container: handle(container), wait: waitCondition(desired, false), cause });
  }
  if (steps.length === 0) result.kept.push(name);
  return steps.length === 0 ? [] : [withoutUndo(steps)];
}

function remedyOf({ op }: Operation, container: ObservedContainer): { code: ReasonCode; verb: string } {
  if (op === "unpause") return { code: "paused", verb: "unpaused" };
  if (container.state === "restarting") return { code: "down", verb: "restarted" };
  if (container.lost !== undefined && isUp(container)) return { code: "lost-namespace", verb: "restarted" };
  return { code: "down", verb: "started" };
}

/** New replicas get numbers above the highest: gaps are not filled, as in docker compose. */
function additions(desired: DesiredService, result: Operations, slots: Slot[], have: number): Swap[] {
  let highest = Math.max(0, ...slots.map((slot) => slot.number));
  const swaps: Swap[] = [];
  for (let missing = desired.replicas - have; missing > 0; missing--) {
    const number = ++highest;
    const finalName = finalNameOf(desired, number);
    const container = { label: finalName };
    const cause = slots.length === 0 ? "new" : "replica is missing";
    result.reasons.push(reasonThat("missing", finalName, "is missing: will be created"));
    const create: Operation = { op: "create", container, number, name: finalName, finalName, cause };
    const start: Operation = {
      op: "start",
      container,
      wait: waitCondition(desired, desired.takes.length > 0),
      cause,
    };
    swaps.push(withoutUndo([create, start]));
  }
  return swaps;
}

/** Dependencies must be healthy before a container starts: otherwise running containers are not changed. */
function addGates(desired: DesiredService, result: Operations): void {
  const starts = result.stages.flat().some((swap) => swap.steps.some((step) => step.op === "start"));
  if (!starts || desired.gates.length === 0) return;
  const steps = desired.gates.map((text, gate): Operation => ({
    op: "gate",
    gate,
    text,
    cause: "must be met first",
  }));
  result.stages.unshift([withoutUndo(steps)]);
}

function addStage(result: Operations, swaps: Swap[]): void {
  const stage = swaps.filter((swap) => swap.steps.length > 0);
  if (stage.length > 0) result.stages.push(stage);
}

function summarise(
  desired: DesiredService,
  observed: ObservedContainer[],
  kept: Slot[],
  swaps: boolean,
): string {
  const running = observed.filter((container) => container.state === "running").length;
  const why = [...new Set(kept.flatMap((slot) => slot.why))];
  const order = swaps ? `; ${desired.rolling.order}, ${desired.rolling.parallelism} at a time` : "";
  const head = `${desired.service}@${desired.host}: ${running} running, ${desired.replicas} wanted`;
  return [head, ...why].join(", ") + order;
}

function runs({ match, stale }: Slot): boolean {
  return [...(match ? [match] : []), ...stale].some(serves);
}

function numberOf(container: ObservedContainer): number {
  return Number(container.labels[label.number] ?? 1) || 1;
}

function byNumber(a: ObservedContainer, b: ObservedContainer): number {
  return numberOf(a) - numberOf(b) || b.created - a.created || a.id.localeCompare(b.id);
}
