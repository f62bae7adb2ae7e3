/** What is to be done to the containers of one service on one host, in order, each step with its cause. */
import type { Gate } from "../kinds.js";
import type { Reason } from "../reasons.js";

/** A container in a plan: one that is there (by id), or one that the plan creates (by its label). */
export interface ContainerHandle {
  /** Engine id; absent for a container that the plan creates. */
  id?: string;
  /** As printed: the name, or "name~new" for one that does not bear its final name yet. */
  label: string;
}

/** `started`: the engine says so. `healthy`: the container's healthcheck says so. `stable`: up and still up 5 s on. */
export type WaitFor = "started" | "healthy" | "stable";

export type Operation =
  | { op: "gate"; gate: number; text: string; cause: string }
  | CreateOperation
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
  /** The final one, or a temporary one while another container has it. */
  name: string;
  finalName: string;
  /** Id of the container that it replaces: its anonymous volumes are taken over. */
  replaces?: string;
  cause: string;
}

/**
 * Steps that stand or fall together: if one of the first `undoable` steps fails, `undo` puts back what was there. After
 * those the new container is up, and what is left over is for the next run to clear away.
 */
export interface Swap {
  steps: Operation[];
  undoable: number;
  undo: Operation[];
  /** Others are in the namespaces of what it replaces: left alone where anything before it failed. */
  lends?: boolean;
}

/** Steps that each stand for themselves. */
export function plain(steps: Operation[]): Swap {
  return { steps, undoable: 0, undo: [] };
}

export interface Operations {
  /** One line: what is there and what is wanted. */
  summary: string;
  /** One sentence for each container that is not as it should be: "shop-web-1 is exited: will be started". */
  reasons: Reason[];
  /** Run one after another; the swaps of one stage run side by side. */
  stages: Swap[][];
  /** Names of the containers that stay as they are. */
  kept: string[];
}

/** The whole as text, one line an operation. */
export function printOperations(operations: Operations): string {
  return [operations.summary, ...operationsOf(operations).map(printOperation)].join("\n");
}

/** For `--no-start`: containers are made, and stay down. */
export function withoutStarts(operations: Operations): Operations {
  const keep = ({ op }: Operation) => !["start", "unpause", "gate", "probe"].includes(op);
  const stages = operations.stages.map((stage) =>
    stage.map((swap) => ({ ...plain(swap.steps.filter(keep)), undo: [] })),
  );
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
  if (operation.op === "rename") return `${operation.container.label} -> ${operation.name}`;
  return operation.container.label;
}

const conditionText = {
  service_started: "running",
  service_healthy: "healthy",
  service_completed_successfully: "completed",
} as const;

/** "redis@as healthy" */
export function gateText({ service, host, condition, probe }: Gate): string {
  return `${service}@${host.name} ${conditionText[condition]}${probe ? " and well" : ""}`;
}
