/** The messages for each refused file. `K2_UPDATE=1` writes them again. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { it } from "node:test";
import { load } from "../../../provider/compose/load/load.js";
import { fixtures, fixturesOf, loadOptionsOf } from "./fixtures.js";

for (const kind of ["refused", "k2-refused"] as const) {
  it(`the messages for ${kind} files are unchanged`, async () => {
    const messages: string[] = [];
    for (const fixture of fixturesOf(kind)) {
      const error = await load(loadOptionsOf(fixture)).then(
        () => new Error("was accepted"),
        (thrown: Error) => thrown,
      );
      messages.push(`${fixture.name}\n${error.message.replace(/^/gm, "  ")}\n`);
    }
    const where = path.join(fixtures, `${kind}.txt`);
    if (process.env.K2_UPDATE) writeFileSync(where, messages.join("\n"));
    assert.equal(messages.join("\n"), readFileSync(where, "utf8"));
    assert.doesNotMatch(messages.join("\n"), /was accepted|undefined|\[object/);
  });
}
