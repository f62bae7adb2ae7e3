import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * What `look` finds, as soon as it is as it should be: for what comes by itself, at no time that anybody promises. After a
 * minute it is compared with what was wanted, whatever it is.
 */
export async function eventually<Found>(look: () => Promise<Found>, wanted: Found): Promise<void> {
  for (const deadline = Date.now() + 60_000; ; await sleep(100)) {
    const found = await look();
    if (isDeepStrictEqual(found, wanted)) return;
    if (Date.now() > deadline) return assert.deepEqual(found, wanted);
  }
}
