import { after, before, describe, test } from "node:test";
import { attributeNames } from "../support/docker-compose/attributes.js";
import { modernMissing } from "../support/bed/bed.js";
import { composeMissing } from "../support/docker-compose/docker-compose.js";
import { startComparison, type Comparison } from "../support/docker-compose/comparison.js";

const engines = { "the oldest engine": false, "a current engine": true };

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
