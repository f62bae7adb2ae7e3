/** The log of a container that is followed beyond its own restarts and those of its engine. */
import { sleep } from "../../provider/engine/deadline.js";
import type { Engine } from "../../provider/engine/connect.js";
import { beginningOf, type Times } from "../life.js";
import { isLost, type Returning } from "../returning.js";
import { type LogLine, logLines, type LogOptions } from "./sources.js";

type Following = LogOptions & { signal: AbortSignal };

interface Inspected {
  State: Times & { Running: boolean; Restarting: boolean };
  HostConfig: { RestartPolicy?: { Name?: string } };
}

/** Ends when the container has ended and its engine does not start it again, or when it is gone. */
export async function* lastingLogLines(
  engine: Engine,
  id: string,
  options: Following,
  returning: Returning,
): AsyncGenerator<LogLine> {
  const { signal } = options;
  let startedAt = (await inspect(engine, id, signal))?.State.StartedAt;
  for (let from: Following = options; ;) {
    let last = Date.now();
    let isBroken = false;
    try {
      for await (const line of logLines(engine, id, from)) {
        last = Date.now();
        yield line;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!isLost(error)) throw error;
      isBroken = true;
    }
    if (signal.aborted || (options.until !== undefined && !isBroken)) return;
    const life = await runsAgain(engine, id, isBroken, signal, returning);
    if (life === undefined) return;
    // The same run of the container, as after a cut cable: what it wrote meanwhile is still to come.
    const isSame = life.StartedAt === startedAt;
    const since = isSame ? await byItsClock(engine, last + 1, signal) : beginningOf(life);
    startedAt = life.StartedAt;
    from = { ...options, tail: undefined, since };
  }
}

/** When the container that runs now was started, and when it ended before; undefined if it does not run. */
export async function runsAgain(
  engine: Engine,
  id: string,
  isBroken: boolean,
  signal: AbortSignal,
  returning: Returning,
): Promise<Times | undefined> {
  // An engine that is about to stop ends its containers first.
  let patience = Date.now() + 3_000;
  for (;;) {
    try {
      if (isBroken) {
        await returning.wait(engine);
        // One that has just begun may not have started everything yet.
        patience = Date.now() + 10_000;
        isBroken = false;
      }
      const found = await inspect(engine, id, signal);
      if (found === undefined) return undefined;
      const { Running, Restarting } = found.State;
      if (Running && !Restarting) return found.State;
      const policy = found.HostConfig.RestartPolicy?.Name;
      const comes =
        Restarting || (policy !== undefined && policy !== "" && policy !== "no" && Date.now() < patience);
      if (!comes) return undefined;
      await sleep(500, signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!isLost(error)) throw error;
      isBroken = true;
    }
  }
}

function inspect(engine: Engine, id: string, signal: AbortSignal): Promise<Inspected | undefined> {
  return engine.get<Inspected | undefined>(`/containers/${id}/json`, { ok: [404], signal });
}

/** A moment of this machine's clock, in seconds of the engine's. */
export async function byItsClock(engine: Engine, moment: number, signal: AbortSignal): Promise<string> {
  const { SystemTime } = await engine.get<{ SystemTime: string }>("/info", { signal });
  return String((moment + Date.parse(SystemTime) - Date.now()) / 1000);
}
