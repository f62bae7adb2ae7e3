/**
 * Removes networks without containers. Engines notice only after a delay, and some never, that a network is no longer
 * in use.
 */
import { K2Error } from "../../shared/errors.js";
import type { Engine } from "../connection/connect.js";
import { sleep } from "../connection/deadline.js";

/** Engines report a network in use with different status codes. */
const inUse = new Set([400, 403, 409]);

/**
 * Removes a network whose last containers have just been removed. Returns the engine's error if it still reports the
 * network as in use after that many milliseconds; throws K2Error for all other errors.
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
