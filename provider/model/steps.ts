/** What is under way on a resource, as data: decisions read the operation, output prints the text. */
import type { Operation } from "./reconcile/operations.js";

export type StepOp =
  Operation["op"] | "wait" | "check" | "hook" | "upload" | "build" | "pull" | "push" | "load" | "rebuild";

export interface Step {
  op: StepOp;
  /** The host whose engine does it. */
  host: string;
  text: string;
}

export type OnStep = (step: Step) => void;
