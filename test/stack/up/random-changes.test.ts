import { describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { runRandomChanges } from "../../support/random/random-changes.js";
import { useBed } from "../../support/bed/use-bed.js";

describe("a small project", { skip: bedMissing() }, () => {
  // Engines of its own: they may be restarted or cut off.
  const { host, folder } = useBed({ hosts: ["la", "lb"] });

  // The same seed every time; test/long takes others.
  it("must match its compose file after each `up`, whatever happened before", async () => {
    await runRandomChanges({ hosts: [host("la"), host("lb")], folder }, 3, Number(process.env.K2_SEED ?? 1));
  });
});
