/** Runs of a container: when one starts, how it ends, and whether another follows. */
import type { Engine } from "../../provider/engine/connection/connect.js";
import { sleep } from "../../provider/engine/connection/deadline.js";
import {
  type ContainerState,
  findContainer,
  type InspectedContainer,
} from "../../provider/engine/observe/inspect.js";
import { K2Error } from "../../provider/shared/errors.js";
import { jsonLines } from "../../provider/engine/connection/stream.js";
import { moment } from "../arguments/time-argument.js";
import { isConnectionLost, type EngineWaiter } from "./await-engine.js";

export interface Exit {
  code: number;
  /** The engine restarts it, or has restarted it. */
  again: boolean;
}

/** RFC 3339; a moment that has not happened yet has year 1. */
export type Times = Pick<ContainerState, "StartedAt" | "FinishedAt">;

interface Waiting {
  signal: AbortSignal;
  /** Waits for an unreachable engine; if undefined, an unreachable engine is an error. */
  waiter?: EngineWaiter;
  /** The connection broke, so the engine may be unreachable. */
  isBroken?: boolean;
  /** Milliseconds in which the engine may restart a stopped container, if its restart policy says so. */
  restartTimeout?: number;
}

/**
 * Where the log of a run starts: after the end of the previous run, because a process may write before the engine
 * records the start. The end of the previous run is unknown if this run has ended: one second before the start is
 * used.
 */
export function logStartOf({ StartedAt, FinishedAt }: Times): string | undefined {
  if (FinishedAt.startsWith("0001-")) return undefined;
  const started = Date.parse(StartedAt);
  return Date.parse(FinishedAt) <= started ? moment(FinishedAt) : String((started - 1_000) / 1000);
}

/** Same for the container's current or last run. */
export async function currentLogStart(
  engine: Engine,
  id: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const found = await findContainer(engine, id, signal);
  return found && logStartOf(found.State);
}

/** How the current or next run ends, or how the last one ended. Undefined if the container is gone. */
export async function currentRun(
  engine: Engine,
  id: string,
  signal: AbortSignal,
): Promise<{ exit: Promise<Exit> } | undefined> {
  // Wait before inspecting, because the container may end in between.
  const next = await nextExitCode(engine, id, signal).catch(ignoreNotFound);
  const state = (await findContainer(engine, id, signal))?.State;
  if (!next || !state || !isRunning(state)) {
    next?.leave();
    return state && { exit: Promise.resolve({ code: state.ExitCode, again: false }) };
  }
  // Logs can be followed only while the container runs; a short run may already be over.
  if (state.Restarting) await Promise.race([next.code, nextRun(engine, id, { signal })]);
  const exit = next.code.then(async (code): Promise<Exit> => {
    const after = (await findContainer(engine, id, signal))?.State;
    return { code, again: after !== undefined && isRunning(after) };
  });
  exit.catch(() => undefined);
  return { exit };
}

/** When the current run started, and when the previous one ended; undefined if no run follows. */
export async function nextRun(
  engine: Engine,
  id: string,
  { signal, waiter, isBroken = false, restartTimeout = 0 }: Waiting,
): Promise<Times | undefined> {
  let latest = Date.now() + restartTimeout;
  for (let pause = 50; ; pause = Math.min(2 * pause, 500)) {
    try {
      if (isBroken) {
        await waiter?.wait(engine);
        // Shortly after its start, an engine may not have started all containers yet.
        latest = Date.now() + 10_000;
        isBroken = false;
      }
      const found = await findContainer(engine, id, signal);
      if (found === undefined) return undefined;
      if (found.State.Running && !found.State.Restarting) return found.State;
      if (!found.State.Restarting && (neverRestarts(found) || Date.now() >= latest)) return undefined;
      await sleep(pause, signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!waiter || !isConnectionLost(error)) throw error;
      isBroken = true;
    }
  }
}

function neverRestarts({ HostConfig: { RestartPolicy } }: InspectedContainer): boolean {
  return ["", "no"].includes(RestartPolicy?.Name ?? "");
}

/** Exit code of the current run, or of the next one. Resolves once the engine waits for its end. */
export async function nextExitCode(
  engine: Engine,
  id: string,
  signal?: AbortSignal,
): Promise<{ code: Promise<number>; leave(): void }> {
  const call = { query: { condition: "next-exit" }, signal };
  const stream = await engine.stream("POST", `/containers/${id}/wait`, call);
  const code = (async () => {
    for await (const { StatusCode } of jsonLines<{ StatusCode: number }>(stream, engine.host, signal))
      return StatusCode;
    throw new K2Error("engine", "the engine did not report how the container ended", {
      at: engine.host.name,
    });
  })();
  code.catch(() => undefined);
  return { code, leave: () => void stream.destroy() };
}

function isRunning({ Running, Restarting }: ContainerState): boolean {
  return Running || Restarting;
}

function ignoreNotFound(error: unknown): undefined {
  if (!(K2Error.is(error) && error.code === "not-found")) throw error;
}
