/** Pages show commands that exist and that tests run, and translations show the same blocks. */
import assert from "node:assert/strict";
import { before, describe, it, test } from "node:test";
import { commandLinesOf, parsed, wordsOf } from "../../support/docs/command-lines.js";
import { flagsOfCommands, optionsOf, optionsRunIn } from "../../support/docs/options-run.js";
import { blocksOf, commandsIn, files, pages, textOf } from "../../support/docs/pages.js";
import { takenBlocks } from "../../support/docs/taken-blocks.js";

for (const [translation, original] of [
  ["README.zh-CN.md", "README.md"],
  ["docs/zh/from-k2-compose.md", "docs/from-k2-compose.md"],
] as const)
  test(`${translation} shows the files and commands of ${original}, which tests run`, () => {
    const shownIn = (page: string) => blocksOf(page).map(({ language, text }) => ({ language, text }));
    assert.deepEqual(shownIn(translation), shownIn(original));
  });

describe("commands that a page shows", () => {
  let flags: Awaited<ReturnType<typeof flagsOfCommands>>;
  let run: Set<string>;
  before(async () => {
    flags = await flagsOfCommands();
    const sources = files.filter((file) => /^test\/.*\.test\.ts$/.test(file)).map(textOf);
    const taken = takenBlocks().flatMap(({ text }) => commandsIn(text));
    const inPages = taken.flatMap((line) => optionsOf(wordsOf(line), flags));
    run = new Set([...optionsRunIn(sources, flags), ...inPages]);
  });

  for (const page of pages.filter((name) => name !== "CHANGELOG.md" && commandLinesOf(name).length > 0))
    it(`must exist, and tests must run them with these options: ${page}`, async () => {
      const lines = commandLinesOf(page);
      for (const words of lines) await parsed(words);
      const options = lines.flatMap((words) => optionsOf(words, flags));
      assert.deepEqual(
        options.filter((option) => !run.has(option)),
        [],
      );
    });
});
