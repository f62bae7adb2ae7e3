import type { Call } from "../../provider/handlers/process/handler.js";
import { RunMemory } from "../../provider/handlers/process/run-memory.js";

/** A call of a run of its own, whose lines go nowhere. */
export function handlerCall(): Call {
  const memory = new RunMemory(process.env);
  return {
    memory,
    session: memory.session,
    signal: new AbortController().signal,
    progress: () => undefined,
    info: () => Promise.resolve(),
    warn: () => Promise.resolve(),
  };
}
