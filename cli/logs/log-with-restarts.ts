/** The log of a container that is followed beyond its own restarts and those of its engine. */
import type { Engine } from "../../provider/engine/connection/connect.js";
import { K2Error } from "../../provider/shared/errors.js";
import { runsAgain } from "../containers/container-run.js";
import { isLost, type Returning } from "../containers/await-engine.js";
import { ContainerLog } from "./container-log.js";
import type { LogLine, LogOptions } from "./log-lines.js";

type Following = LogOptions & { signal: AbortSignal };

/** Ends when the container has ended and its engine does not start it again, or when it is gone. */
export async function* lastingLogLines(
  engine: Engine,
  id: string,
  { signal, ...options }: Following,
  returning: Returning,
): AsyncGenerator<LogLine> {
  const log = new ContainerLog(engine, id, options);
  for (;;) {
    let isBroken = false;
    try {
      yield* log.read({ follow: true, signal });
    } catch (error) {
      if (signal.aborted) return;
      if (!isLost(error)) throw error;
      isBroken = true;
    }
    if (signal.aborted || (options.until !== undefined && !isBroken)) return;
    // An engine that is about to stop ends its containers first.
    const waiting = { signal, returning, isBroken, patience: 3_000 };
    if ((await runsAgain(engine, id, waiting)) === undefined) break;
  }
  if (!signal.aborted) yield* unlessGone(log.read({ follow: false, signal }));
}

/** What a short last run wrote, unless the container went with it or is about to. */
async function* unlessGone(lines: AsyncGenerator<LogLine>): AsyncGenerator<LogLine> {
  try {
    yield* lines;
  } catch (error) {
    if (!(K2Error.is(error) && ["not-found", "conflict"].includes(error.code))) throw error;
  }
}
