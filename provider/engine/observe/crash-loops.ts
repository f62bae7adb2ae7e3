/**
 * Lists call a container in a crash loop "running" at each moment between two crashes. The number of its restarts, which
 * only `inspect` shows, and the age in the list reveal it.
 */
import type { ObservedContainer } from "../../model/observed.js";
import type { Engine } from "../connection/connect.js";
import { findContainer } from "./inspect.js";

/** Containers that the engine has restarted within the last seconds, after they had exited, are "restarting". */
export function withCrashLoops(
  engine: Engine,
  containers: ObservedContainer[],
  { seconds = 0, signal }: { seconds?: number; signal?: AbortSignal | undefined } = {},
): Promise<ObservedContainer[]> {
  return Promise.all(
    containers.map(async (container) => {
      if (!isYoung(container, seconds)) return container;
      const found = await findContainer(engine, container.id, signal);
      return found && found.RestartCount > 0 ? { ...container, state: "restarting" } : container;
    }),
  );
}

/** Runs for no longer than this number of whole seconds. */
export function isYoung({ state, status = "" }: ObservedContainer, seconds: number): boolean {
  return state === "running" && age(status) <= seconds;
}

/** Whole seconds, from "Up 5 seconds (healthy)". The engine prints longer times in larger units. */
function age(status: string): number {
  if (status.startsWith("Up Less than a second")) return 0;
  if (status.startsWith("Up About a minute")) return 60;
  const [, count, unit] = /^Up (\d+) (second|minute)s?\b/.exec(status) ?? [];
  return count === undefined ? Infinity : Number(count) * (unit === "minute" ? 60 : 1);
}
