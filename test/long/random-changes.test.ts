import { describe, it } from "node:test";
import { bedMissing } from "../support/bed/bed.js";
import { runRandomChanges } from "../support/random/random-changes.js";
import { useBed } from "../support/bed/use-bed.js";

/** K2_LIVES=100 for more, K2_SEED=… for one that failed. */
const { K2_SEED, K2_LIVES = "12", K2_STEPS = "8" } = process.env;
const first = Number(K2_SEED ?? Date.now() % 1_000_000);
const seeds = Array.from({ length: K2_SEED ? 1 : Number(K2_LIVES) }, (_, index) => first + index);

describe("a small project", { skip: bedMissing() }, () => {
  const { host, folder } = useBed({ hosts: ["la", "lb"] });

  for (const seed of seeds) {
    it(`must match its compose file after each \`up\`, whatever happened before: K2_SEED=${seed}`, () =>
      runRandomChanges({ hosts: [host("la"), host("lb")], folder }, Number(K2_STEPS), seed));
  }
});
