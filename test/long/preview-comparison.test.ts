import { describe, it } from "node:test";
import { comparePreviews } from "../support/random/preview-comparison.js";
import { bedMissing } from "../support/bed/bed.js";
import { useBed } from "../support/bed/use-bed.js";

describe("`k2-compose preview`", { skip: bedMissing() }, () => {
  const bed = useBed({ hosts: ["a", "b"] });

  it("must report the same changes as stock `pulumi preview`, over 100 steps", async (test) => {
    const seed = Number(process.env.K2_SEED ?? Date.now() % 1_000_000);
    test.diagnostic(`K2_SEED=${seed}`);
    await comparePreviews(bed, 100, seed);
  });
});
