/** Networks go when nothing hangs on them any more, which engines learn late, and some never. */
import { K2Error } from "../../shared/errors.js";
import type { Engine } from "../connection/connect.js";
import { sleep } from "../connection/deadline.js";

/** Engines differ in how they say that a network is in use. */
const inUse = new Set([400, 403, 409]);

/**
 * Removes a network whose last containers have just gone. Returns the refusal of an engine that still takes it for used
 * after that many milliseconds; throws K2Error for all else.
 */
export async function removeNetwork(
  engine: Engine,
  id: string,
  patience: number,
  signal?: AbortSignal,
): Promise<K2Error | undefined> {
  for (const end = Date.now() + patience; ; await sleep(200, signal)) {
    try {
      await engine.delete(`/networks/${id}`, { ok: [404], signal });
      return undefined;
    } catch (error) {
      if (!K2Error.is(error) || !inUse.has(error.status ?? 0)) throw error;
      if (Date.now() > end) return error;
    }
  }
}
