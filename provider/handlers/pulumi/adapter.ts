/**
 * From Pulumi's calls to a handler's: takes the context off the inputs, keeps results plain JSON, turns errors into what
 * Pulumi understands. Check comes before create and update in one process, so the context waits here between the two.
 */
import { isDeepStrictEqual } from "node:util";
import { type Context, outputNames, type Outputs, type ResourceKind } from "../../model/kinds.js";
import { pathsWhere, replaceIn, secretAt } from "../../model/input-paths.js";
import { asDeployed } from "../../model/changes/older-inputs.js";
import { isForced } from "../../model/changes/service-drift.js";
import { lacksEncryption, toBeEncrypted } from "../../model/changes/encryption.js";
import { reason } from "../../model/reasons.js";
import { failureEvent, stepEvent, withMarker } from "../../model/event-marker.js";
import { type Call, type Handler, Unfinished } from "../process/handler.js";
import type { RunMemory } from "../process/run-memory.js";
import type { Cancellation } from "./cancel.js";
import type { EventLog } from "./log.js";

/** The one run that a process of handlers serves. */
export interface HandlersRun {
  memory: RunMemory;
  cancellation: Cancellation;
  log: EventLog;
}

type Bag = Record<string, unknown>;

export function adapt<I, C extends Context, O>(
  kind: ResourceKind,
  handler: Handler<I, C, O>,
  run: HandlersRun,
  contexts: Map<string, C>,
) {
  const outputs = new Set<string>(outputNames[kind]);
  // The program has written the inputs, and this handler the outputs.
  const inputsIn = (bag: Bag) => withoutInternal(bag) as I;
  const stateIn = (bag: Bag) => withoutInternal(bag) as I & O;
  const keyOf = (bag: Bag) => handler.identity(inputsIn(bag));
  /** Resources of which diff has found only that Pulumi stores values in clear that are to be encrypted. */
  const onlyToEncrypt = new Set<string>();

  /** After a failure half-way Pulumi keeps the old inputs: all other kept values must be those of `olds` as well. */
  const finish = async (
    bag: Bag,
    work: (inputs: I, context: C, call: Call) => Promise<{ id?: string; outputs: O }>,
    olds = bag,
  ) => {
    const context = withStackId(run, contexts.get(keyOf(bag)));
    if (!context) throw new Error(`${kind}: not checked before it was changed`);
    try {
      const result = await work(inputsIn(bag), context, callFor(run, context));
      return { id: result.id, outs: toPlainJson({ ...bag, ...result.outputs, ...encryptedBy(context) }) };
    } catch (error) {
      if (!(error instanceof Unfinished)) throw marked(error, run.cancellation.signal.reason);
      const kept = withoutSecretsOf(olds, bag, context);
      const properties = toPlainJson({ ...kept, ...error.outputs, ...unfinished });
      const { message } = marked(error, run.cancellation.signal.reason);
      throw Object.assign(new Error(message), { id: error.id, properties, reasons: [message] });
    }
  };

  return {
    async check(olds: Bag, news: Bag) {
      const { __k2: given, ...planned } = news;
      if (given === undefined) return { inputs: toPlainJson(planned), failures: [] };
      const context = given as C;
      const deployed = () => ({ ...withoutInternal(olds ?? {}), ...internalOf(planned) });
      const bag = isForced(context.run, String(planned["service"])) ? planned : asDeployed(planned, deployed);
      contexts.set(keyOf(bag), context);
      const known = Object.keys(olds ?? {}).length > 0;
      await reported(
        run,
        handler.check?.(inputsIn(bag), withStackId(run, context), known, callFor(run, context)),
      );
      return { inputs: toPlainJson(bag), failures: [] };
    },

    async diff(_id: string, olds: Bag, news: Bag) {
      // Without `changes` the engine itself compares the inputs, and shows only the leaves that differ.
      const [before, after] = [withoutInternal(olds, outputs), withoutInternal(news, outputs)];
      if (!isDeepStrictEqual(before, after)) {
        // Pulumi ignores null: if only a null was added or removed ("networks: {back: null}"), it would see no change.
        const isSeen = !isDeepStrictEqual(withoutNulls(before), withoutNulls(after));
        return { ...(!isSeen && { changes: true }), replaces: [], deleteBeforeReplace: false };
      }
      const context = withStackId(run, contexts.get(keyOf(news)));
      // A refresh clears Pulumi's record of the failure: without a change an unproven resource would count as finished.
      if (!context || !handler.drift) return { changes: isUnfinished(olds) };
      const call = callFor(run, context);
      const drift = await reported(run, handler.drift(inputsIn(news), context, stateIn(olds), call));
      const left = isUnfinished(olds) ? [reason("unfinished", kind, "was not finished")] : [];
      const reasons = [...left, ...drift];
      const toEncrypt = lacksEncryption(context.encrypted, { encrypted: encryptedIn(olds) })
        ? [toBeEncrypted(kind)]
        : [];
      if (toEncrypt.length > 0 && reasons.length === 0) onlyToEncrypt.add(keyOf(news));
      for (const { text } of [...reasons, ...toEncrypt]) await call.info(text);
      return { changes: reasons.length + toEncrypt.length > 0 };
    },

    async create(bag: Bag) {
      return finish(bag, (inputs, context, call) => handler.create(inputs, context, call));
    },

    async update(id: string, olds: Bag, bag: Bag) {
      const context = contexts.get(keyOf(bag));
      // Pulumi encrypts the outputs under the paths of the inputs that are secret now.
      if (context && onlyToEncrypt.has(keyOf(bag)))
        return { outs: toPlainJson({ ...olds, ...bag, ...encryptedBy(context) }) };
      const state = stateIn(olds);
      const work = async (inputs: I, context: C, call: Call) => ({
        id,
        outputs: await handler.update(inputs, context, state, call),
      });
      const { outs } = await finish(bag, work, olds);
      return { outs };
    },

    async read(id: string, props: Bag) {
      if (!handler.read) return { id, props };
      const live = await reported(run, handler.read(stateIn(props), callFor(run)));
      if (!live) return { id: "", props: {} };
      const inputs = { ...without(props, outputs), ...live.inputs };
      const { encrypted } = props;
      const marks = { ...(isUnfinished(props) && unfinished), ...(encrypted !== undefined && { encrypted }) };
      return {
        id,
        props: toPlainJson({ ...inputs, ...live.outputs, ...marks }),
        inputs: toPlainJson(inputs),
      };
    },

    async delete(_id: string, props: Bag) {
      await reported(run, handler.delete?.(stateIn(props), callFor(run)));
    },
  };
}

const unfinished = { unfinished: true } as const satisfies Partial<Outputs>;

function isUnfinished(bag: Bag): boolean {
  return bag["unfinished"] === unfinished.unfinished;
}

function encryptedIn({ encrypted }: Bag): string[] {
  return Array.isArray(encrypted) ? encrypted.map(String) : [];
}

/** As an output. Overrides that of an earlier run. */
function encryptedBy({ encrypted = [] }: Context): { encrypted: string[] | undefined } {
  return { encrypted: encrypted.length > 0 ? encrypted : undefined };
}

/** Pulumi would store in clear what is secret in `olds` and no input of `news`. */
function withoutSecretsOf(olds: Bag, news: Bag, { encrypted = [] }: Context): Bag {
  const left = new Set(encryptedIn(olds));
  for (const path of encrypted) left.delete(path);
  const still = new Set(pathsWhere(news, (value) => typeof value !== "object"));
  return replaceIn(olds, (path) =>
    left.has(path) || (secretAt(path) !== undefined && !still.has(path)) ? removed : undefined,
  );
}

/** JSON drops it. */
const removed = Symbol("removed");

function withStackId<C extends Context | undefined>({ memory }: HandlersRun, context: C): C {
  return context && { ...context, run: memory.withStackId(context.run) };
}

function callFor({ memory, cancellation, log }: HandlersRun, context?: Context): Call {
  const urn = context?.urn;
  return {
    memory,
    session: memory.session,
    signal: cancellation.signal,
    progress: (step) => void log.write(withMarker(stepEvent(step)), { urn, passing: true }),
    info: (text) => log.write(text, { urn }),
    warn: (text, about) => log.write(withMarker({ text, ...about }), { urn, severity: "warning" }),
  };
}

async function reported<T>({ cancellation }: HandlersRun, work: T): Promise<Awaited<T>> {
  try {
    return await work;
  } catch (error) {
    throw marked(error, cancellation.signal.reason);
  }
}

/** Pulumi passes on only the message of an error. */
function marked(error: unknown, cancelledBy: unknown): Error {
  return new Error(withMarker(failureEvent(error, cancelledBy)), { cause: error });
}

/** Without Pulumi's own `__` properties and the named ones. */
function withoutInternal(bag: Bag, leaveOut?: Set<string>): Bag {
  return Object.fromEntries(
    Object.entries(bag).filter(([key]) => !key.startsWith("__") && !leaveOut?.has(key)),
  );
}

function internalOf(bag: Bag): Bag {
  return Object.fromEntries(Object.entries(bag).filter(([key]) => key.startsWith("__")));
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
function toPlainJson(value: object): Bag {
  const json: Bag = JSON.parse(JSON.stringify(value));
  return json;
}
