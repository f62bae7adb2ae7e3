import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Calls `look` until it returns the wanted value, for changes that happen at an unknown time. Fails after five minutes.
 */
export async function eventually<Found>(look: () => Promise<Found>, wanted: Found): Promise<void> {
  for (const deadline = Date.now() + 300_000; ; await sleep(100)) {
    const found = await look();
    if (isDeepStrictEqual(found, wanted)) return;
    if (Date.now() > deadline) return assert.deepEqual(found, wanted);
  }
}
