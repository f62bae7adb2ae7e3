/** What an engine tells of a project's containers, for as long as somebody listens. */
import type { Engine } from "../../provider/engine/connection/connect.js";
import { sleep } from "../../provider/engine/connection/deadline.js";
import { filterQuery } from "../../provider/engine/observe/list.js";
import { jsonLines } from "../../provider/engine/connection/stream.js";
import { label } from "../../provider/model/labels.js";
import { isLost, type Returning } from "./await-engine.js";

interface ContainerEvent {
  Type: string;
  /** "start", "die", "kill"; execs and health checks have details behind a colon. */
  Action: string;
  time: number;
  /** More than a number can hold to the last digit. */
  timeNano: number;
  /** Attributes are the container's labels, its name and what belongs to the action. */
  Actor: { ID: string; Attributes: Record<string, string> };
}

interface Listening {
  signal: AbortSignal;
  returning: Returning;
  /** Seconds of the epoch; ends at `until`. */
  since?: string | undefined;
  until?: string | undefined;
  /** Called whenever the engine has begun to tell: what happened before is not told. */
  onOpen?: () => void;
}

/** Goes on where it was when the engine is back. Rejects when the signal fires. */
export async function* containerEvents(
  engine: Engine,
  project: string,
  { signal, returning, since, until, onOpen }: Listening,
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
        // The moment after it, in microseconds.
        from = (event.timeNano / 1e9 + 1e-6).toFixed(6);
        yield event;
      }
      if (until !== undefined) return;
    } catch (error) {
      if (signal.aborted || !isLost(error)) throw error;
    }
    await returning.wait(engine);
    // An engine that ends its streams and still answers is about to stop.
    await sleep(500, signal);
  }
}
