/**
 * From Pulumi's calls to a handler's: takes the context off the inputs, keeps results plain JSON, turns errors into what
 * Pulumi understands. Check comes before create and update in one process, so the context waits here between the two.
 */
import { isDeepStrictEqual } from "node:util";
import { messageOf } from "../../shared/errors.js";
import {
  type Context,
  type Kind,
  outputNames,
  type Outputs,
  type ResourceKind,
  type Shapes,
} from "../../model/kinds.js";
import { type Reason, reason } from "../../model/reasons.js";
import { type EventText, failureEvent, stepEvent, withMarker } from "../../model/event-marker.js";
import type { OnStep } from "../../model/steps.js";
import { cancelled } from "./cancel.js";
import { log } from "./log.js";

/** What a handler may ask of the run it is part of. */
export interface Call {
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

type Bag = Record<string, unknown>;

export function adapt<I, C extends Context, O>(kind: ResourceKind, handler: Handler<I, C, O>) {
  const outputs = new Set<string>(outputNames[kind]);
  const contextOf = (inputs: Bag): C | undefined =>
    contexts.get(keyOf(kind, handler, inputs)) as C | undefined;

  /** After a failure half-way Pulumi keeps the old inputs: all other kept values must be those of `olds` as well. */
  const finish = async (
    bag: Bag,
    work: (inputs: I, context: C, call: Call) => Promise<{ id?: string; outputs: O }>,
    olds = bag,
  ) => {
    const context = contextOf(bag);
    if (!context) throw new Error(`${kind}: not checked before it was changed`);
    try {
      const result = await work(bare(bag) as I, context, callFor(context));
      return { id: result.id, outs: plain({ ...bag, ...result.outputs }) };
    } catch (error) {
      if (!(error instanceof Unfinished)) throw marked(error);
      const properties = plain({ ...olds, ...error.outputs, ...unfinished });
      const { message } = marked(error);
      throw Object.assign(new Error(message), { id: error.id, properties, reasons: [message] });
    }
  };

  return {
    async check(olds: Bag, news: Bag) {
      const { __k2: context, ...bag } = news;
      if (context === undefined) return { inputs: plain(bag), failures: [] };
      contexts.set(keyOf(kind, handler, bag), context as Context);
      const known = Object.keys(olds ?? {}).length > 0;
      await reported(handler.check?.(bare(bag) as I, context as C, known, callFor(context as C)));
      return { inputs: plain(bag), failures: [] };
    },

    async diff(_id: string, olds: Bag, news: Bag) {
      // Without `changes` the engine itself compares the inputs, and shows only the leaves that differ.
      const [before, after] = [bare(olds, outputs), bare(news, outputs)];
      if (!isDeepStrictEqual(before, after)) {
        // Pulumi ignores null: if only a null was added or removed ("networks: {back: null}"), it would see no change.
        const isSeen = !isDeepStrictEqual(withoutNulls(before), withoutNulls(after));
        return { ...(!isSeen && { changes: true }), replaces: [], deleteBeforeReplace: false };
      }
      const context = contextOf(news);
      // A refresh clears Pulumi's record of the failure: without a change an unproven resource would count as finished.
      if (!context || !handler.drift) return { changes: isUnfinished(olds) };
      const call = callFor(context);
      const drift = await reported(handler.drift(bare(news) as I, context, bare(olds) as O, call));
      const left = isUnfinished(olds) ? [reason("unfinished", kind, "was not finished")] : [];
      const reasons = [...left, ...drift];
      for (const { text } of reasons) await call.info(text);
      return { changes: reasons.length > 0 };
    },

    async create(bag: Bag) {
      return finish(bag, (inputs, context, call) => handler.create(inputs, context, call));
    },

    async update(id: string, olds: Bag, bag: Bag) {
      const state = bare(olds) as I & O;
      const work = async (inputs: I, context: C, call: Call) => ({
        id,
        outputs: await handler.update(inputs, context, state, call),
      });
      const { outs } = await finish(bag, work, olds);
      return { outs };
    },

    async read(id: string, props: Bag) {
      if (!handler.read) return { id, props };
      const live = await reported(handler.read(bare(props) as I & O, callFor()));
      if (!live) return { id: "", props: {} };
      const inputs = { ...without(props, outputs), ...live.inputs };
      const mark = isUnfinished(props) ? unfinished : {};
      return { id, props: plain({ ...inputs, ...live.outputs, ...mark }), inputs: plain(inputs) };
    },

    async delete(_id: string, props: Bag) {
      await reported(handler.delete?.(bare(props) as I & O, callFor()));
    },
  };
}

const contexts = new Map<string, Context>();

const unfinished = { unfinished: true } as const satisfies Partial<Outputs>;

function isUnfinished(bag: Bag): boolean {
  return bag["unfinished"] === unfinished.unfinished;
}

function keyOf<I>(kind: string, handler: { identity(inputs: I): string }, bag: Bag): string {
  return `${kind} ${handler.identity(bag as I)}`;
}

function callFor(context?: Context): Call {
  const urn = context?.urn;
  return {
    signal: cancelled,
    progress: (step) => void log(withMarker(stepEvent(step)), { urn, passing: true }),
    info: (text) => log(text, { urn }),
    warn: (text, about) => log(withMarker({ text, ...about }), { urn, severity: "warning" }),
  };
}

async function reported<T>(work: T): Promise<Awaited<T>> {
  try {
    return await work;
  } catch (error) {
    throw marked(error);
  }
}

/** Pulumi passes on an error's message only. */
function marked(error: unknown): Error {
  return new Error(withMarker(failureEvent(error, cancelled.reason)), { cause: error });
}

/** Without Pulumi's own `__` properties and the named ones. */
function bare(bag: Bag, leaveOut?: Set<string>): Bag {
  return Object.fromEntries(
    Object.entries(bag).filter(([key]) => !key.startsWith("__") && !leaveOut?.has(key)),
  );
}

function without(bag: Bag, leaveOut: Set<string>): Bag {
  return Object.fromEntries(Object.entries(bag).filter(([key]) => !leaveOut.has(key)));
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutNulls(item)]));
}

/** Any value that is not plain JSON makes the SDK throw "Unexpected struct type". */
function plain(value: object): Bag {
  return JSON.parse(JSON.stringify(value)) as Bag;
}
