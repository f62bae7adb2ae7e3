/** The messages for each refused file. `K2_UPDATE=1` writes them again. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { it } from "node:test";
import { load } from "../../../provider/compose/load/load.js";
import { type Fixture, fixtures, fixturesOf, loadOptionsOf } from "./fixtures.js";

async function messagesOf(fixture: Fixture, more: string[] = []): Promise<string[]> {
  const options = loadOptionsOf(fixture);
  const read = options.read!;
  const files = [...(options.files ?? ["compose.yaml"]), ...more];
  const error = await load({
    ...options,
    files,
    read: (file) => (file.endsWith("/over.yaml") ? "x-nothing: {}\n" : read(file)),
  }).then(
    () => new Error("was accepted"),
    (thrown: Error) => thrown,
  );
  return error.message.split("\n").sort();
}

it("a second file adds no error to those of the first", async () => {
  for (const fixture of [...fixturesOf("refused"), ...fixturesOf("k2-refused")]) {
    const alone = await messagesOf(fixture);
    if (!alone.includes("compose.yaml: is empty"))
      assert.deepEqual(await messagesOf(fixture, ["over.yaml"]), alone, fixture.name);
  }
});

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
