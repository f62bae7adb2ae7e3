import { describe, it } from "node:test";
import { bedMissing } from "../support/bed/bed.js";
import { runRandomChanges } from "../support/random/random-changes.js";
import { useBed } from "../support/bed/use-bed.js";

/** K2_RUNS=100 runs more of them, K2_SEED=… repeats one that failed. */
const { K2_SEED, K2_RUNS = "12", K2_STEPS = "8" } = process.env;
const first = Number(K2_SEED ?? Date.now() % 1_000_000);
const seeds = Array.from({ length: K2_SEED ? 1 : Number(K2_RUNS) }, (_, index) => first + index);

describe("a small project", { skip: bedMissing() }, () => {
  const { host, folder } = useBed({ hosts: ["la", "lb"] });

  for (const seed of seeds) {
    it(`must match its compose file after each \`up\`, whatever happened before: K2_SEED=${seed}`, () =>
      runRandomChanges({ hosts: [host("la"), host("lb")], folder }, Number(K2_STEPS), seed));
  }
});
