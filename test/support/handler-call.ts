import type { Call } from "../../provider/handlers/process/handler.js";
import { RunMemory } from "../../provider/handlers/process/run-memory.js";

/** Returns a call with its own run memory, whose log lines are discarded. */
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
