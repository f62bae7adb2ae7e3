import { messageOf } from "../../shared/errors.js";
import type { Session } from "../../engine/observe/session.js";
import type { Context, Kind, Shapes } from "../../model/kinds.js";
import type { EventText } from "../../model/event-marker.js";
import type { Reason } from "../../model/reasons.js";
import type { OnStep } from "../../model/steps.js";
import type { RunMemory } from "./run-memory.js";

/** What a handler may ask of the run it is part of. */
export interface Call {
  /** What the handlers of this run share. */
  memory: RunMemory;
  /** The run's engines. */
  session: Session;
  /** Aborts when the user cancels or the CLI is gone. */
  signal: AbortSignal;
  /** A line of the resource's own that replaces the one before. */
  progress: OnStep;
  info(text: string): Promise<void>;
  /** `about`: what the CLI decides by whether it is printed. */
  warn(text: string, about?: Pick<EventText, "code" | "at">): Promise<void>;
}

export interface Handler<I, C extends Context, O> {
  /** Tells this resource from all others of its kind in the program. */
  identity(inputs: I): string;
  /** Sees every resource of the program before anything is done; `known` is false for one that is not in state. */
  check?(inputs: I, context: C, known: boolean, call: Call): Promise<void>;
  /** Why a resource with equal inputs needs an update. */
  drift?(inputs: I, context: C, outputs: O, call: Call): Promise<Reason[]>;
  create(inputs: I, context: C, call: Call): Promise<{ id: string; outputs: O }>;
  update(inputs: I, context: C, state: I & O, call: Call): Promise<O>;
  /** What is there now; undefined: it is gone. Throws only if it cannot know *and* must say so. */
  read?(state: I & O, call: Call): Promise<{ inputs: Partial<I>; outputs: O } | undefined>;
  delete?(state: I & O, call: Call): Promise<void>;
}

export type HandlerOf<K extends Kind> = Handler<
  Shapes[K]["inputs"],
  Shapes[K]["context"],
  Shapes[K]["outputs"]
>;

/** It is there, but not as it should be: kept in state, and tried again by the next run. */
export class Unfinished extends Error {
  constructor(
    readonly id: string,
    readonly outputs: object,
    cause: unknown,
  ) {
    super(messageOf(cause), { cause });
  }
}
