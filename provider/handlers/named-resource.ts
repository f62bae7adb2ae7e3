/** Networks and volumes: their names outlive runs. Found by name, adopted, never taken from another stack. */
import { K2Error } from "../shared/errors.js";
import type { Context, HostRef, Outputs, Shapes } from "../model/kinds.js";
import type { HostSnapshot } from "../model/observed.js";
import { kinds, things } from "../model/changes/kinds.js";
import { byName, mayChange, refusedTakeOvers } from "../model/ownership.js";
import type { Reason } from "../model/reasons.js";
import { snapshotOrWarn } from "./process/snapshots.js";
import { type Call, type HandlerOf, outputsIn } from "./process/handler.js";

type NamedKind = "network" | "volume";

interface NamedThing<I, C extends Context, O extends Outputs> {
  /** Messages of a preview beside the fields that change. */
  words?(inputs: I, context: C, seen: HostSnapshot, known: boolean): Reason[];
  converge(inputs: I, context: C, call: Call): Promise<O>;
  /** Outputs of the existing object, or undefined. "unknown": the host that knows it does not answer. */
  read(state: I & O, seen: HostSnapshot, call: Call): Promise<Partial<O> | "unknown" | undefined>;
  /** Distinguishes it from the same object on a cloned engine; by default the engine's own id does. */
  ids?(state: I & O): string[];
  /** Whether another resource has it now; by default its claim decides. */
  isWanted?(state: I & O, call: Call): boolean | undefined;
  remove(state: I & O, call: Call): Promise<void>;
}

export function named<K extends NamedKind>(
  kind: K,
  {
    words,
    converge,
    read,
    ids,
    isWanted,
    remove,
  }: NamedThing<Shapes[K]["inputs"], Shapes[K]["context"], Shapes[K]["outputs"]>,
): HandlerOf<K> {
  const { id: thing, existing } = things[kind];
  const { recreated } = kinds[kind];
  return {
    identity: (inputs) => `${thing(inputs)}@${inputs.host.name}`,

    async check(inputs, context, known, call) {
      const seen = await snapshotOrWarn(inputs.host, call);
      if (!seen || inputs.external) return;
      await call.memory.claim(inputs.host, thing(inputs));
      const there = existing(inputs, seen);
      const refused = known ? [] : refusedTakeOvers(there, context.run);
      for (const { text } of refused) await call.warn(`${kind} ${text}`);
      const recreatedThing = recreated?.(inputs, seen, context.run);
      const more = words?.(inputs, context, seen, known) ?? [];
      const isAdopted = !known && there.length > 0 && refused.length === 0;
      if (isAdopted && more.length === 0) await call.info(`adopt ${kind} ${inputs.name}`);
      for (const { text } of more) await call.info(`${kind} ${inputs.name} ${text}`);
      if (recreatedThing !== undefined) call.memory.recreate(inputs.host, recreatedThing);
    },

    async create(inputs, context, call) {
      return { id: `${inputs.name}@${inputs.host.name}`, outputs: await converge(inputs, context, call) };
    },

    async update(inputs, context, _state, call) {
      return converge(inputs, { ...context, run: byName(context.run) }, call);
    },

    async read(state, call) {
      const seen = await snapshotOrWarn(state.host, call);
      const last = outputsIn(kind, state);
      const found = seen ? await read(state, seen, call) : "unknown";
      if (!seen || found === "unknown") return { inputs: {}, outputs: last };
      return found && { inputs: {}, outputs: { ...last, ...found, engineId: seen.engine.id } };
    },

    async delete(state, call) {
      if (state.external) return;
      const wanted =
        isWanted?.(state, call) ??
        (await call.memory.isClaimed(state.host, state.engineId, thing(state), ids?.(state)));
      if (wanted) return;
      return remove(state, call);
    },
  };
}

/** Whether this stack may remove the existing object; `ownId`: its id in the state, perhaps taken over. */
export function mayRemove<T extends { Id?: string; Labels: Record<string, string> | null }>(
  there: T | undefined,
  { stack }: Outputs,
  ownId?: string,
): there is T {
  if (there === undefined) return false;
  return mayChange(there.Labels ?? {}, { stack }) || (ownId !== undefined && there.Id === ownId);
}

export function notThere(kind: NamedKind, { name, host }: { name: string; host: HostRef }): K2Error {
  return new K2Error("not-found", `${kind} ${name} is external, and does not exist`, {
    at: host.name,
    hint: `Create it: docker ${kind} create ${name}`,
  });
}
