/** Streams events of a project's containers. */
import type { Engine } from "../../provider/engine/connection/connect.js";
import { sleep } from "../../provider/engine/connection/deadline.js";
import { filterQuery } from "../../provider/engine/observe/list.js";
import { jsonLines } from "../../provider/engine/connection/stream.js";
import { label } from "../../provider/model/labels.js";
import { isConnectionLost, type EngineWaiter } from "./await-engine.js";

interface ContainerEvent {
  Type: string;
  /** "start", "die", "kill"; execs and health checks have details after a colon. */
  Action: string;
  time: number;
  /** Nanoseconds: too large for an exact number, so a string. */
  timeNano: number;
  /** Attributes are the container's labels, its name and details of the action. */
  Actor: { ID: string; Attributes: Record<string, string> };
}

interface Listening {
  signal: AbortSignal;
  waiter: EngineWaiter;
  /** Seconds since the epoch; the stream ends at `until`. */
  since?: string | undefined;
  until?: string | undefined;
  /** Called whenever the engine has started to send events. Earlier events are not sent. */
  onOpen?: () => void;
}

/** Continues where it stopped when the engine is reachable again. Rejects when the signal fires. */
export async function* containerEvents(
  engine: Engine,
  project: string,
  { signal, waiter, since, until, onOpen }: Listening,
): AsyncGenerator<ContainerEvent> {
  const filters = filterQuery({ type: ["container"], label: [`${label.project}=${project}`] });
  for (let from = since; ;) {
    try {
      const stream = await engine.stream("GET", "/events", {
        query: { ...filters, since: from, until },
        signal,
      });
      onOpen?.();
      for await (const event of jsonLines<ContainerEvent>(stream, engine.host, signal)) {
        // The next moment, in microseconds.
        from = (event.timeNano / 1e9 + 1e-6).toFixed(6);
        yield event;
      }
      if (until !== undefined) return;
    } catch (error) {
      if (signal.aborted || !isConnectionLost(error)) throw error;
    }
    await waiter.wait(engine);
    // If the stream ends while the engine still answers, the engine is about to stop.
    await sleep(500, signal);
  }
}
