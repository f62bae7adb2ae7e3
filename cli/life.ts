/** One run of a container, from its start to its end. */
import type { Engine } from "../provider/engine/connect.js";
import { K2Error } from "../provider/errors.js";
import { jsonLines } from "../provider/engine/stream.js";

export interface Life {
  /** By the engine's clock. */
  startedAt: string;
  /** Undefined if nobody waits for it any more. */
  end: Promise<End | undefined>;
}

export interface End {
  code: number;
  /** Its engine starts it again, or has. */
  again: boolean;
}

interface State {
  Running: boolean;
  Restarting: boolean;
  ExitCode: number;
  StartedAt: string;
}

/** Of the container that runs, or else of its last run. Undefined where it is gone. */
export async function nextLife(engine: Engine, id: string, signal: AbortSignal): Promise<Life | undefined> {
  // Asked for first: who looks first may miss the end.
  const waiting = await nextExit(engine, id, signal);
  const state = await stateOf(engine, id);
  if (state && (state.Running || state.Restarting))
    return { startedAt: state.StartedAt, end: endOf(engine, id, waiting, signal) };
  waiting.destroy();
  return (
    state && { startedAt: state.StartedAt, end: Promise.resolve({ code: state.ExitCode, again: false }) }
  );
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
