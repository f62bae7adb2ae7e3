/** One run of a container, from its start to its end. */
import type { Engine } from "../provider/engine/connect.js";
import { K2Error } from "../provider/errors.js";
import { jsonLines } from "../provider/engine/stream.js";

export interface Life {
  /** Where its lines begin in the log, by the engine's clock; undefined: at the log's own beginning. */
  since: string | undefined;
  /** Undefined if nobody waits for it any more. */
  end: Promise<End | undefined>;
}

export interface End {
  code: number;
  /** Its engine starts it again, or has. */
  again: boolean;
}

/** RFC 3339; what has not been yet is of the year 1. */
export interface Times {
  StartedAt: string;
  FinishedAt: string;
}

interface State extends Times {
  Running: boolean;
  Restarting: boolean;
  ExitCode: number;
}

/**
 * Where the lines of a run begin: after the end of the one before, for a process may have written before its engine has
 * noted the start. Of a run that has ended, nobody knows that any more: a second is given.
 */
export function beginningOf({ StartedAt, FinishedAt }: Times): string | undefined {
  if (FinishedAt.startsWith("0001-")) return undefined;
  const started = Date.parse(StartedAt);
  return Date.parse(FinishedAt) <= started ? FinishedAt : new Date(started - 1_000).toISOString();
}

/** Of the container that runs, or else of its last run. Undefined where it is gone. */
export async function nextLife(engine: Engine, id: string, signal: AbortSignal): Promise<Life | undefined> {
  // Asked for first: who looks first may miss the end.
  const waiting = await nextExit(engine, id, signal);
  const state = await stateOf(engine, id);
  if (state && (state.Running || state.Restarting))
    return { since: beginningOf(state), end: endOf(engine, id, waiting, signal) };
  waiting.destroy();
  return state && { since: beginningOf(state), end: Promise.resolve({ code: state.ExitCode, again: false }) };
}

/** The exit code of a container that is about to be started, once the engine has begun to wait for its end. */
export async function exitCodeToCome(engine: Engine, id: string): Promise<{ code: Promise<number> }> {
  const waiting = await nextExit(engine, id);
  const code = (async () => {
    for await (const { StatusCode } of jsonLines<{ StatusCode: number }>(waiting, engine.host))
      return StatusCode;
    throw new K2Error("engine", "the engine did not say how the container ended", { at: engine.host.name });
  })();
  code.catch(() => undefined);
  return { code };
}

/** Answered once the engine waits. */
function nextExit(engine: Engine, id: string, signal?: AbortSignal) {
  const call = { query: { condition: "next-exit" }, ok: [404], signal };
  return engine.stream("POST", `/containers/${id}/wait`, call);
}

async function endOf(
  engine: Engine,
  id: string,
  waiting: Awaited<ReturnType<Engine["stream"]>>,
  signal: AbortSignal,
): Promise<End | undefined> {
  try {
    for await (const { StatusCode } of jsonLines<{ StatusCode: number }>(waiting, engine.host, signal)) {
      const state = await stateOf(engine, id);
      return { code: StatusCode, again: state !== undefined && (state.Restarting || state.Running) };
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return undefined;
}

async function stateOf(engine: Engine, id: string): Promise<State | undefined> {
  const found = await engine.get<{ State: State } | undefined>(`/containers/${id}/json`, { ok: [404] });
  return found?.State;
}
