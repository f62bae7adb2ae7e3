import { after, before, describe, test } from "node:test";
import { modernMissing } from "../../support/bed/bed.js";
import { composeMissing } from "../../support/docker-compose/docker-compose.js";
import { startComparison, type Comparison } from "../../support/docker-compose/comparison.js";

/** The attributes that involve the engine most. Unit tests (recorded requests) and test/long cover all others. */
const names = [
  "command",
  "configs",
  "deploy",
  "depends_on",
  "healthcheck",
  "links",
  "network_mode",
  "networks",
  "ports",
  "secrets",
  "top.networks",
  "top.volumes",
  "volumes",
  "volumes_from",
];

const engines = { "the oldest engine": false, "a current engine": true };

for (const [engine, modern] of Object.entries(engines)) {
  const skip = composeMissing() ?? (modern ? modernMissing() : undefined) ?? false;
  describe(engine, { skip }, () => {
    let comparison: Comparison;
    before(async () => {
      comparison = await startComparison({ start: false, modern });
    });
    after(() => comparison.close());
    for (const name of names) {
      test(`${name}: holds the same as after docker compose create`, (context) =>
        comparison.compare(name, context));
    }
  });
}
