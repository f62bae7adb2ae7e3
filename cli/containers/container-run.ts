/** One run of a container, from its start to its end. */
import type { Engine } from "../../provider/engine/connection/connect.js";
import { sleep } from "../../provider/engine/connection/deadline.js";
import { K2Error } from "../../provider/shared/errors.js";
import { jsonLines } from "../../provider/engine/connection/stream.js";
import { moment } from "../arguments/time-argument.js";
import { isLost, type Returning } from "./await-engine.js";

export interface Life {
  /** Where its lines begin in the log, in seconds of the engine's clock; undefined: at the log's own beginning. */
  since: string | undefined;
  /** Undefined if nobody waits for it any more. */
  end: Promise<End | undefined>;
}

interface End {
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

interface Inspected {
  State: State;
  HostConfig: { RestartPolicy?: { Name?: string } };
}

interface Waiting {
  signal: AbortSignal;
  /** An engine that is away is waited for; absent: it is an error. */
  returning?: Returning;
  /** The connection broke: the engine may be away. */
  isBroken?: boolean;
  /** Milliseconds in which what was stopped may be started again, where its restart policy says so. */
  patience?: number;
}

/**
 * Where the lines of a run begin: after the end of the one before, for a process may have written before its engine has
 * noted the start. Of a run that has ended, nobody knows that any more: a second is given.
 */
export function beginningOf({ StartedAt, FinishedAt }: Times): string | undefined {
  if (FinishedAt.startsWith("0001-")) return undefined;
  const started = Date.parse(StartedAt);
  return Date.parse(FinishedAt) <= started ? moment(FinishedAt) : String((started - 1_000) / 1000);
}

/** Of the container that runs, or is about to, or else of its last run. Undefined where it is gone. */
export async function nextLife(engine: Engine, id: string, signal: AbortSignal): Promise<Life | undefined> {
  // Asked for first: who looks first may miss the end.
  const waiting = await nextExit(engine, id, signal);
  const state = (await inspect(engine, id, signal))?.State;
  if (!state || !(state.Running || state.Restarting)) {
    waiting.destroy();
    return (
      state && { since: beginningOf(state), end: Promise.resolve({ code: state.ExitCode, again: false }) }
    );
  }
  const end = endOf(engine, id, waiting, signal);
  // Its log can be followed when it runs. A short run may be over by then.
  if (state.Restarting) await Promise.race([end, runsAgain(engine, id, { signal })]);
  return { since: beginningOf(state), end };
}

/** When the container that runs now was started, and when it ended before; undefined if none comes. */
export async function runsAgain(
  engine: Engine,
  id: string,
  { signal, returning, isBroken = false, patience = 0 }: Waiting,
): Promise<Times | undefined> {
  let latest = Date.now() + patience;
  for (let pause = 50; ; pause = Math.min(2 * pause, 500)) {
    try {
      if (isBroken) {
        await returning?.wait(engine);
        // One that has just begun may not have started everything yet.
        latest = Date.now() + 10_000;
        isBroken = false;
      }
      const found = await inspect(engine, id, signal);
      if (found === undefined) return undefined;
      if (found.State.Running && !found.State.Restarting) return found.State;
      if (!found.State.Restarting && (neverRestarts(found) || Date.now() >= latest)) return undefined;
      await sleep(pause, signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!returning || !isLost(error)) throw error;
      isBroken = true;
    }
  }
}

function neverRestarts({ HostConfig: { RestartPolicy } }: Inspected): boolean {
  return ["", "no"].includes(RestartPolicy?.Name ?? "");
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
      const state = (await inspect(engine, id, signal))?.State;
      return { code: StatusCode, again: state !== undefined && (state.Restarting || state.Running) };
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return undefined;
}

function inspect(engine: Engine, id: string, signal: AbortSignal): Promise<Inspected | undefined> {
  return engine.get<Inspected | undefined>(`/containers/${id}/json`, { ok: [404], signal });
}
