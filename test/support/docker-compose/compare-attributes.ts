import { after, before, describe, test } from "node:test";
import { modernMissing } from "../bed/bed.js";
import { startComparison, type Comparison } from "./comparison.js";
import { composeMissing } from "./docker-compose.js";

const engines = { "the oldest engine": false, "a current engine": true };

/** Declares a test for each attribute on each engine. With `start`, the containers are started as well. */
export function compareAttributes(names: string[], { start }: { start: boolean }): void {
  const command = start ? "up" : "create";
  for (const [engine, modern] of Object.entries(engines)) {
    const skip = composeMissing() ?? (modern ? modernMissing() : undefined) ?? false;
    describe(engine, { skip }, () => {
      let comparison: Comparison;
      before(async () => {
        comparison = await startComparison({ start, modern });
      });
      after(() => comparison.close());
      for (const name of names) {
        test(`${name}: equals what docker compose ${command} leaves`, (context) =>
          comparison.compare(name, context));
      }
    });
  }
}
