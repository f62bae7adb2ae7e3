/** Follows a container across its own restarts and those of its engine. */
import type { Engine } from "../../provider/engine/connection/connect.js";
import { K2Error } from "../../provider/shared/errors.js";
import { currentRun, type Exit, nextRun } from "../containers/container-run.js";
import { isConnectionLost, type EngineWaiter } from "../containers/await-engine.js";
import { ContainerLog } from "./container-log.js";
import type { LogLine, LogOptions } from "./log-lines.js";

type Following = LogOptions & { signal: AbortSignal };

/** Ends when the container has ended and the engine does not restart it, or when it is removed. */
export async function* followLog(
  engine: Engine,
  id: string,
  { signal, ...options }: Following,
  waiter: EngineWaiter,
): AsyncGenerator<LogLine> {
  const log = new ContainerLog(engine, id, options);
  for (;;) {
    let isBroken = false;
    try {
      yield* log.read({ follow: true, signal });
    } catch (error) {
      if (signal.aborted) return;
      if (!isConnectionLost(error)) throw error;
      isBroken = true;
    }
    if (signal.aborted || (options.until !== undefined && !isBroken)) return;
    // An engine that is about to stop ends its containers first.
    const waiting = { signal, waiter, isBroken, restartTimeout: 3_000 };
    if ((await nextRun(engine, id, waiting)) === undefined) break;
  }
  if (!signal.aborted) yield* unlessGone(log.read({ follow: false, signal }));
}

interface FollowingRuns extends Following {
  isHidden: boolean;
  /** The log cannot be read, but the end is still awaited. */
  onUnreadable(error: unknown): void;
}

/**
 * Returns the lines of each run, then its end. An unreachable engine is an error, so that a command that ends with
 * its containers does not wait forever.
 */
export async function* followRuns(
  engine: Engine,
  id: string,
  { signal, isHidden, onUnreadable, ...options }: FollowingRuns,
): AsyncGenerator<LogLine | Exit> {
  const log = new ContainerLog(engine, id, options);
  const read = async function* (follow: boolean): AsyncGenerator<LogLine> {
    try {
      if (!isHidden) yield* log.read({ follow, signal });
    } catch (error) {
      if (!signal.aborted) onUnreadable(error);
    }
  };
  for (let goesOn = true; goesOn;) {
    const run = await currentRun(engine, id, signal);
    if (!run) return;
    yield* read(true);
    const exit = await run.exit;
    yield* read(false);
    yield exit;
    goesOn = exit.again;
  }
}

/** Prints the lines of a short last run, unless the container is removed or about to be. */
async function* unlessGone(lines: AsyncGenerator<LogLine>): AsyncGenerator<LogLine> {
  try {
    yield* lines;
  } catch (error) {
    if (!(K2Error.is(error) && ["not-found", "conflict"].includes(error.code))) throw error;
  }
}
