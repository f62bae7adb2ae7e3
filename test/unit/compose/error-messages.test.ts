/** The messages for each refused file. `K2_UPDATE=1` writes them again. */
import assert from "node:assert/strict";
import { describe } from "node:test";
import { load } from "../../../provider/compose/load/load.js";
import { printedSections } from "../../support/printed-sections.js";
import { type Fixture, fixturesOf, loadOptionsOf } from "./fixtures.js";

/** A second file changes what is wrong. */
const hasNoContent = /^(no compose file|compose\.yaml: is empty)/;

async function messagesOf(fixture: Fixture, more: string[] = []): Promise<string[]> {
  const options = loadOptionsOf(fixture);
  const files = options.files ?? ["compose.yaml"];
  const read = (file: string) => (file.endsWith("/second.yaml") ? "x-nothing: {}\n" : options.read!(file));
  const error = await load({ ...options, ...(more.length > 0 && { files: [...files, ...more], read }) }).then(
    () => assert.fail("was accepted"),
    (thrown: Error) => thrown,
  );
  assert.match(error.name, /^K2Errors?$/);
  assert.doesNotMatch(error.message, /undefined|\[object/);
  return error.message.split("\n");
}

for (const kind of ["refused", "k2-refused"] as const)
  describe(`messages for ${kind} files`, () => {
    const printsOf = (fixture: Fixture) => async () => {
      const messages = await messagesOf(fixture);
      if (!hasNoContent.test(messages.join())) {
        const withSecondFile = await messagesOf(fixture, ["second.yaml"]);
        assert.deepEqual(withSecondFile.sort(), [...messages].sort(), "a second file adds no error");
      }
      return messages;
    };
    printedSections(
      `compose/${kind}.txt`,
      Object.fromEntries(fixturesOf(kind).map((fixture) => [fixture.name, printsOf(fixture)])),
    );
  });
