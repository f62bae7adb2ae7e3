/** For what goes on when an engine was away: waits until it answers again, and says so once a host. */
import { sleep } from "../../provider/engine/connection/deadline.js";
import type { Engine } from "../../provider/engine/connection/connect.js";
import { K2Error } from "../../provider/shared/errors.js";

export class Returning {
  private readonly waits = new Map<string, Promise<void>>();

  constructor(
    private readonly signal: AbortSignal,
    private readonly say: (text: string) => void = () => undefined,
  ) {}

  /** Returns at once where the engine answers. Rejects when the signal fires, or if the engine answers no. */
  wait(engine: Engine): Promise<void> {
    const { name } = engine.host;
    const known = this.waits.get(name);
    if (known) return known;
    const waiting = this.untilAnswering(engine).finally(() => this.waits.delete(name));
    this.waits.set(name, waiting);
    return waiting;
  }

  private async untilAnswering(engine: Engine): Promise<void> {
    for (let isTold = false; ; isTold = true) {
      try {
        await engine.get("/_ping", { timeout: 5_000, signal: this.signal });
        if (isTold) this.say(`${engine.host.name}: the engine answers again`);
        return;
      } catch (error) {
        if (this.signal.aborted || !isLost(error)) throw error;
        if (!isTold) this.say(`${engine.host.name}: ${messageWithoutPlace(error)}; waiting for it`);
        await sleep(1_000, this.signal);
      }
    }
  }
}

/** The connection broke, which is no answer: whatever an engine says is a K2Error of another kind. */
export function isLost(error: unknown): boolean {
  return !K2Error.is(error) || error.code === "unreachable" || error.code === "timeout";
}

function messageWithoutPlace(error: unknown): string {
  return K2Error.is(error) ? error.what : String(error);
}
