import { describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { runRandomChanges } from "../../support/random/random-changes.js";
import { useBed } from "../../support/bed/use-bed.js";

describe("a small project", { skip: bedMissing() }, () => {
  // No other test uses these engines, because they are restarted and disconnected.
  const { host, folder } = useBed({ hosts: ["la", "lb"] });

  // The seed is fixed here; test/long uses others.
  it("must match its compose file after each `up`, whatever happened before", async () => {
    await runRandomChanges({ hosts: [host("la"), host("lb")], folder }, 3, Number(process.env.K2_SEED ?? 1));
  });
});
