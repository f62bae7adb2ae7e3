/** Waits until an unreachable engine answers again, and reports it once per host. */
import { sleep } from "../../provider/engine/connection/deadline.js";
import type { Engine } from "../../provider/engine/connection/connect.js";
import { K2Error } from "../../provider/shared/errors.js";

export class EngineWaiter {
  private readonly waits = new Map<string, Promise<void>>();

  constructor(
    private readonly signal: AbortSignal,
    private readonly say: (text: string) => void = () => undefined,
  ) {}

  /** Returns at once if the engine answers. Rejects when the signal fires, or if the engine returns an error. */
  wait(engine: Engine): Promise<void> {
    const { name } = engine.host;
    const known = this.waits.get(name);
    if (known) return known;
    const waiting = this.untilAnswering(engine).finally(() => this.waits.delete(name));
    this.waits.set(name, waiting);
    return waiting;
  }

  private async untilAnswering(engine: Engine): Promise<void> {
    for (let isReported = false; ; isReported = true) {
      try {
        await engine.get("/_ping", { timeout: 5_000, signal: this.signal });
        if (isReported) this.say(`${engine.host.name}: the engine answers again`);
        return;
      } catch (error) {
        if (this.signal.aborted || !isConnectionLost(error)) throw error;
        if (!isReported)
          this.say(`${engine.host.name}: ${messageWithoutPlace(error)}; waiting for the engine`);
        await sleep(1_000, this.signal);
      }
    }
  }
}

/** The connection broke without an answer: errors that an engine returns are K2Errors of another kind. */
export function isConnectionLost(error: unknown): boolean {
  return !K2Error.is(error) || error.code === "unreachable" || error.code === "timeout";
}

function messageWithoutPlace(error: unknown): string {
  return K2Error.is(error) ? error.what : String(error);
}
