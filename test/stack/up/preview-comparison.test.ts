import { describe, it } from "node:test";
import { comparePreviews } from "../../support/random/preview-comparison.js";
import { bedMissing } from "../../support/bed/bed.js";
import { useBed } from "../../support/bed/use-bed.js";

describe("`k2-compose preview`", { skip: bedMissing() }, () => {
  const bed = useBed({ hosts: ["a", "b"] });

  // The seed is fixed here; test/long uses another one in each run.
  it("must report the same changes as stock `pulumi preview`, after any edit or manual change", async () => {
    await comparePreviews(bed, 5, Number(process.env.K2_SEED ?? 4));
  });
});
