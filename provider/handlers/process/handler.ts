import { messageOf } from "../../shared/errors.js";
import type { Session } from "../../engine/observe/session.js";
import { type Context, type Kind, outputNames, resourceKinds, type Shapes } from "../../model/kinds.js";
import type { EventText } from "../../model/event-marker.js";
import type { Reason } from "../../model/reasons.js";
import type { OnStep } from "../../model/steps.js";
import type { RunMemory } from "./run-memory.js";

/** The services that a handler gets from its run. */
export interface Call {
  /** The memory that the handlers of this run share. */
  memory: RunMemory;
  /** The run's engines. */
  session: Session;
  /** Aborts when the user cancels or the CLI is gone. */
  signal: AbortSignal;
  /** A line of the resource that replaces the one before. */
  progress: OnStep;
  info(text: string): Promise<void>;
  /** `about`: the marker by which the CLI decides whether to print it. */
  warn(text: string, about?: Pick<EventText, "code" | "at">): Promise<void>;
}

export interface Handler<I, C extends Context, O> {
  /** Identifies the resource within its kind in the program. */
  identity(inputs: I): string;
  /** Called for every resource of the program before any change; `known` is false for one that is not in state. */
  check?(inputs: I, context: C, known: boolean, call: Call): Promise<void>;
  /** Why a resource with equal inputs needs an update. */
  drift?(inputs: I, context: C, outputs: O, call: Call): Promise<Reason[]>;
  create(inputs: I, context: C, call: Call): Promise<{ id: string; outputs: O }>;
  update(inputs: I, context: C, state: I & O, call: Call): Promise<O>;
  /** Returns the current outputs; undefined: it is gone. Throws only if they are unknown *and* must be reported. */
  read?(state: I & O, call: Call): Promise<{ inputs: Partial<I>; outputs: O } | undefined>;
  delete?(state: I & O, call: Call): Promise<void>;
}

export type HandlerOf<K extends Kind> = Handler<
  Shapes[K]["inputs"],
  Shapes[K]["context"],
  Shapes[K]["outputs"]
>;

/** A handler that is loaded when it is needed, beside the identity of its resources. */
export type HandlerWork<K extends Kind> = Omit<HandlerOf<K>, "identity" | "read" | "delete"> &
  Required<Pick<HandlerOf<K>, "read" | "delete">>;

type State<K extends Kind> = Shapes[K]["inputs"] & Shapes[K]["outputs"];

/** The part of the state that `read` returns as outputs. */
export function outputsIn<K extends Kind>(kind: K, state: State<K>): Shapes[K]["outputs"] {
  const outputs: Shapes[K]["outputs"] = { ...state };
  for (const name of Object.keys(outputs)) if (!isOutput(kind, name)) Reflect.deleteProperty(outputs, name);
  return outputs;
}

export function inputsIn<K extends Kind>(kind: K, state: State<K>): Shapes[K]["inputs"] {
  const inputs: Shapes[K]["inputs"] = { ...state };
  for (const name of Object.keys(inputs)) if (isOutput(kind, name)) Reflect.deleteProperty(inputs, name);
  return inputs;
}

function isOutput(kind: Kind, name: string): boolean {
  const names: readonly string[] = outputNames[resourceKinds[kind]];
  return names.includes(name);
}

/** The object exists, but is incomplete: it is kept in state, and the next run tries again. */
export class Unfinished extends Error {
  constructor(
    readonly id: string,
    readonly outputs: object,
    cause: unknown,
  ) {
    super(messageOf(cause), { cause });
  }
}
