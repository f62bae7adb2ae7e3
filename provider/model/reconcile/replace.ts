/** Replaces a container by a new one with the same number. */
import { elementOf } from "../../shared/lookup.js";
import { shortId } from "../images/digest.js";
import { containerName } from "../names.js";
import type { ObservedContainer } from "../observed.js";
import type { ContainerHandle, Operation, Operations, Swap, WaitFor } from "./operations.js";
import type { DesiredService } from "./desired-service.js";
import { reasonFor } from "../reasons.js";

export interface Slot {
  number: number;
  /** The container that matches the service, if any. */
  match?: ObservedContainer;
  /** Containers of this number that must be removed. */
  stale: ObservedContainer[];
  /** How they differ from the service. */
  why: string[];
}

/**
 * The new container is always created first, so that the old one is kept if the engine rejects the creation. A match
 * that exists already was left by an `up` that was interrupted: it is used.
 */
export function swap(desired: DesiredService, result: Operations, slot: Slot): Swap {
  const finalName = finalNameOf(desired, slot.number);
  const stale = [...slot.stale].sort((a, b) => Number(isUp(b)) - Number(isUp(a)));
  const old = elementOf(stale, 0);
  const cause = slot.why.length > 0 ? [...new Set(slot.why)].join(", ") : "left over";
  const fresh = slot.match ? handle(slot.match) : { label: temporaryName(stale, finalName) };
  for (const { name } of stale) {
    const verb = slot.match || name !== old.name ? "removed" : "recreated";
    result.reasons.push(reasonFor("outdated", name, `${cause}: will be ${verb}`));
  }

  const create = slot.match ? [] : [creation(slot, stale, finalName, fresh, cause)];
  // The probe decides.
  const wait = waitCondition(desired, isUp(old) && !desired.probe);
  const start: Operation[] = slot.match
    ? bringUp(desired, slot.match, { wait, cause: "replacement", surely: isUp(old) })
    : [{ op: "start", container: fresh, wait, cause: "replacement" }];
  const gone = slot.why.length > 0 ? "replaced" : cause;
  if (desired.probe && start.length > 0) start.push({ op: "probe", container: fresh, cause: "health_check" });
  const stops = stale.filter(isUp).map((container) => step("stop", container, gone));
  const removals = stale.map((container) => step("remove", container, gone));
  const rename: Operation[] =
    slot.match?.name === finalName
      ? []
      : [{ op: "rename", container: fresh, name: finalName, cause: "replaces it" }];
  const order = desired.rolling.order === "start-first" ? [...start, ...stops] : [...stops, ...start];
  const up = order.findLastIndex((operation) => start.includes(operation)) + 1;
  return {
    steps: [...create, ...order, ...removals, ...rename],
    undoable: create.length + up,
    undo: undoing(desired, slot, fresh, old),
  };
}

/** Steps that make the matching container run; none if it runs, or is a completed job. */
export function bringUp(
  desired: DesiredService,
  container: ObservedContainer,
  { wait, cause, surely = false }: { wait: WaitFor; cause?: string; surely?: boolean },
): Operation[] {
  const { state } = container;
  if (state === "paused") return [{ op: "unpause", container: handle(container), wait, cause: "is paused" }];
  if (desired.job && state === "exited" && container.exitCode === 0) return [];
  // An interrupted `up` may have left a running container whose health is not known yet.
  const unproven = surely && wait === "healthy" && container.health !== "healthy";
  const lost = container.lost === undefined ? undefined : `has lost ${container.lost}`;
  const again = state === "restarting" ? "is restarting" : lost;
  if (isUp(container) && again !== undefined) {
    const proven = state === "restarting" && wait === "started" && !desired.job ? "stable" : wait;
    return [
      { op: "stop", container: handle(container), cause: again },
      { op: "start", container: handle(container), wait: proven, cause: again },
    ];
  }
  if (isUp(container) && !unproven) return [];
  const why = state === "created" ? "was never started" : `is ${state}`;
  return [{ op: "start", container: handle(container), wait, cause: cause ?? why }];
}

export function waitCondition(desired: DesiredService, replacing: boolean): WaitFor {
  if (desired.healthcheck && !desired.job) return "healthy";
  return replacing || desired.prove ? "stable" : "started";
}

export function finalNameOf(desired: DesiredService, number: number): string {
  return desired.containerName ?? containerName(desired.project, desired.service, number, desired.naming);
}

export function handle(container: ObservedContainer): ContainerHandle {
  return { id: container.id, label: container.name };
}

export function isUp(container: ObservedContainer): boolean {
  return container.state === "running" || container.state === "restarting" || container.state === "paused";
}

/** Up, and not in a crash loop. */
export function serves(container: ObservedContainer): boolean {
  return isUp(container) && container.state !== "restarting";
}

function creation(
  { number }: Slot,
  stale: ObservedContainer[],
  finalName: string,
  container: ContainerHandle,
  cause: string,
): Operation {
  const { label: name } = container;
  return { op: "create", container, number, name, finalName, replaces: elementOf(stale, 0).id, cause };
}

/** As docker compose names a replacement until it has replaced the old container. */
function temporaryName(stale: ObservedContainer[], finalName: string): string {
  // An interrupted `up` may have left a container under the name that the next would get.
  const taken = new Set(stale.map(({ name }) => name));
  const names = stale.map(({ id }) => `${shortId(id)}_${finalName}`);
  return names.find((candidate) => !taken.has(candidate)) ?? elementOf(names, 0);
}

function step(op: "stop" | "remove", container: ObservedContainer, cause: string): Operation {
  return { op, container: handle(container), cause };
}

function undoing(
  desired: DesiredService,
  { match }: Slot,
  fresh: ContainerHandle,
  old: ObservedContainer,
): Operation[] {
  // It may be unhealthy, but it is the only running container.
  if (match && isUp(match) && !serves(old)) return [];
  const undo: Operation[] = [{ op: "remove", container: fresh, cause: "did not come up" }];
  if (isUp(old) && desired.rolling.order === "stop-first") {
    undo.push({ op: "start", container: handle(old), wait: "started", cause: "restored" });
  }
  return undo;
}
