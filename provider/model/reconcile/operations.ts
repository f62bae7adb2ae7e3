/** The operations on the containers of one service on one host, in order, each with its cause. */
import type { Gate } from "../kinds.js";
import type { Reason } from "../reasons.js";

/** A container in a plan: an existing one (by id), or one that the plan creates (by its label). */
export interface ContainerHandle {
  /** Engine id; absent for a container that the plan creates. */
  id?: string;
  /** Its name on the engine when the plan begins to work on it. */
  label: string;
}

/** `started`: reported by the engine. `healthy`: by the container's healthcheck. `stable`: running, also after a moment. */
export type WaitFor = "started" | "healthy" | "stable";

export type Operation =
  | { op: "gate"; gate: number; text: string; cause: string }
  | CreateOperation
  | { op: "pre_start"; container: ContainerHandle; hooks: number[]; cause: string }
  | { op: "start"; container: ContainerHandle; wait: WaitFor; cause: string }
  | { op: "probe"; container: ContainerHandle; cause: string }
  | { op: "unpause"; container: ContainerHandle; wait: WaitFor; cause: string }
  | { op: "stop"; container: ContainerHandle; cause: string }
  | { op: "remove"; container: ContainerHandle; cause: string }
  | { op: "rename"; container: ContainerHandle; name: string; cause: string };

export interface CreateOperation {
  op: "create";
  container: ContainerHandle;
  number: number;
  /** The final name, or a temporary one while another container has it. */
  name: string;
  finalName: string;
  /** Id of the container that it replaces: its anonymous volumes are taken over. */
  replaces?: string;
  cause: string;
}

/**
 * Steps that belong together, such as the replacement of one container: if one of the first `undoable` steps fails, `undo` restores the previous containers. After those
 * steps the new container is up, and the next run removes leftovers.
 */
export interface Swap {
  steps: Operation[];
  undoable: number;
  undo: Operation[];
  /** Other containers share namespaces of the replaced one: the swap is skipped if an earlier one failed. */
  lends?: boolean;
}

/** Steps that are not undone. */
export function withoutUndo(steps: Operation[]): Swap {
  return { steps, undoable: 0, undo: [] };
}

export interface Operations {
  /** One line: the observed and the desired state. */
  summary: string;
  /** One sentence for each container that differs: "shop-web-1 is exited: will be started". */
  reasons: Reason[];
  /** Run one after another; the swaps of one stage run in parallel. */
  stages: Swap[][];
  /** Names of the containers that stay as they are. */
  kept: string[];
}

/** All operations as text, one per line. */
export function printOperations(operations: Operations): string {
  return [operations.summary, ...operationsOf(operations).map(printOperation)].join("\n");
}

/** For `--no-start`: containers are created, but not started. */
export function withoutStarts(operations: Operations): Operations {
  const keep = ({ op }: Operation) => !["pre_start", "start", "unpause", "gate", "probe"].includes(op);
  const stages = operations.stages.map((stage) => stage.map((swap) => withoutUndo(swap.steps.filter(keep))));
  const reasons = operations.reasons.filter(({ code }) => code !== "down" && code !== "paused");
  return {
    ...operations,
    reasons,
    stages: stages
      .map((stage) => stage.filter(({ steps }) => steps.length > 0))
      .filter((stage) => stage.length > 0),
  };
}

/** In the order of work, without the undo steps. */
export function operationsOf(operations: Operations): Operation[] {
  return operations.stages.flat().flatMap((swap) => swap.steps);
}

export function printOperation(operation: Operation): string {
  const subject = printSubject(operation).padEnd(17);
  const wait = "wait" in operation && operation.wait !== "started" ? `  and wait: ${operation.wait}` : "";
  return `  ${operation.op.padEnd(7)} ${subject} ${operation.cause}${wait}`.trimEnd();
}

function printSubject(operation: Operation): string {
  if (operation.op === "gate") return operation.text;
  if (operation.op === "pre_start")
    return `${operation.container.label} ${operation.hooks.map((index) => `[${index}]`).join("")}`;
  if (operation.op === "rename") return `${operation.container.label} -> ${operation.name}`;
  return operation.container.label;
}

const conditionText = {
  service_started: "running",
  service_healthy: "healthy",
  service_completed_successfully: "completed",
} as const;

/** "redis@as healthy" */
export function gateText({ service, host, condition, mustBeWell, probe }: Gate): string {
  const state = mustBeWell ? conditionText.service_healthy : conditionText[condition];
  return `${service}@${host.name} ${state}${probe ? " and passing its health_check" : ""}`;
}
