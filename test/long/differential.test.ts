import { after, before, describe, test } from "node:test";
import { attributeNames } from "../support/attributes.js";
import { modernMissing } from "../support/bed.js";
import { composeMissing } from "../support/compose-oracle.js";
import { startComparison, type Comparison } from "../support/twin.js";

const engines = { "the oldest engine": false, "an engine of today": true };

for (const [engine, modern] of Object.entries(engines)) {
  const skip = composeMissing() ?? (modern ? modernMissing() : undefined) ?? false;
  describe(engine, { skip }, () => {
    let comparison: Comparison;
    before(async () => {
      comparison = await startComparison({ start: true, modern });
    });
    after(() => comparison.close());
    for (const name of attributeNames()) {
      test(`${name}: runs the same as after docker compose up`, (context) =>
        comparison.compare(name, context));
    }
  });
}
