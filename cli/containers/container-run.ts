/** The runs of a container: where one begins, how it ends, and whether another follows. */
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
import { isLost, type Returning } from "./await-engine.js";

export interface Exit {
  code: number;
  /** Its engine starts it again, or has. */
  again: boolean;
}

/** RFC 3339; what has not been yet is of the year 1. */
export type Times = Pick<ContainerState, "StartedAt" | "FinishedAt">;

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

/** The same of the container's present run, or of its last one. */
export async function startOf(engine: Engine, id: string, signal: AbortSignal): Promise<string | undefined> {
  const found = await findContainer(engine, id, signal);
  return found && beginningOf(found.State);
}

/** How the run ends that is on or about to begin, or how the last one ended. Undefined where the container is gone. */
export async function currentRun(
  engine: Engine,
  id: string,
  signal: AbortSignal,
): Promise<{ exit: Promise<Exit> } | undefined> {
  // Asked for first: a container that is inspected first may end before the engine waits.
  const next = await exitCodeToCome(engine, id, signal).catch(ifGone);
  const state = (await findContainer(engine, id, signal))?.State;
  if (!next || !state || !isOn(state)) {
    next?.leave();
    return state && { exit: Promise.resolve({ code: state.ExitCode, again: false }) };
  }
  // A log can be followed while the container runs. A short run may be over by then.
  if (state.Restarting) await Promise.race([next.code, runsAgain(engine, id, { signal })]);
  const exit = next.code.then(async (code): Promise<Exit> => {
    const after = (await findContainer(engine, id, signal))?.State;
    return { code, again: after !== undefined && isOn(after) };
  });
  exit.catch(() => undefined);
  return { exit };
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
      const found = await findContainer(engine, id, signal);
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

function neverRestarts({ HostConfig: { RestartPolicy } }: InspectedContainer): boolean {
  return ["", "no"].includes(RestartPolicy?.Name ?? "");
}

/** Of the run that is on, or else of the next one. Resolves once the engine waits for its end. */
export async function exitCodeToCome(
  engine: Engine,
  id: string,
  signal?: AbortSignal,
): Promise<{ code: Promise<number>; leave(): void }> {
  const call = { query: { condition: "next-exit" }, signal };
  const stream = await engine.stream("POST", `/containers/${id}/wait`, call);
  const code = (async () => {
    for await (const { StatusCode } of jsonLines<{ StatusCode: number }>(stream, engine.host, signal))
      return StatusCode;
    throw new K2Error("engine", "the engine did not say how the container ended", { at: engine.host.name });
  })();
  code.catch(() => undefined);
  return { code, leave: () => void stream.destroy() };
}

function isOn({ Running, Restarting }: ContainerState): boolean {
  return Running || Restarting;
}

function ifGone(error: unknown): undefined {
  if (!(K2Error.is(error) && error.code === "not-found")) throw error;
}
