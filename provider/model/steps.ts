/** Work in progress on a resource, as data: decisions read the operation, output prints the text. */
export type StepOp =
  // Operations on containers.
  | "gate"
  | "create"
  | "pre_start"
  | "start"
  | "probe"
  | "unpause"
  | "stop"
  | "remove"
  | "rename"
  // Other work of a resource.
  | "wait"
  | "check"
  | "hook"
  | "upload"
  | "build"
  | "pull"
  | "push"
  | "load"
  | "rebuild"
  // Changes of a swarm.
  | "swarm";

export interface Step {
  op: StepOp;
  /** The host whose engine does the work. */
  host: string;
  text: string;
  /** The part that is done, from 0 to 1. */
  share?: number;
}

export type OnStep = (step: Step) => void;
