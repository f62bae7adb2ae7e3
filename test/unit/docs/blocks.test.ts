/** Every fenced block of a page is run or compared by a test that takes its text from the page, or follows a rule. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { composeFileIn } from "../../support/docs/compose-files.js";
import { type Block, blocksOf, files, pages, textOf } from "../../support/docs/pages.js";
import { takenBlocks } from "../../support/docs/taken-blocks.js";
import { checkout } from "../../support/scripts.js";

/** Each rule names the program that checks or writes the blocks for which it holds. */
const rules: [program: string, holds: (block: Block) => boolean][] = [
  ["test/unit/cli/manual-page.test.ts", ({ page }) => page.startsWith("docs/commands/")],
  ["test/unit/docs/pages.test.ts", ({ page }) => /^README\.zh-CN\.md$|^docs\/zh\//.test(page)],
  ["test/unit/docs/compose-files.test.ts", (block) => composeFileIn(block) !== undefined],
  // The results of one machine, which no run repeats exactly.
  ["scripts/bench.mjs", ({ page }) => page === "bench/results.md"],
  ["test/unit/docs/blocks.test.ts", isDrawing],
  ["test/unit/docs/blocks.test.ts", isQuotation],
];

const taken = new Set(takenBlocks().map(placeOf));
const showing = pages.filter((page) => blocksOf(page).length > 0);

describe("blocks of pages", () => {
  for (const page of showing)
    it(`must be run or checked: ${page}`, () => {
      const unchecked = blocksOf(page)
        .filter((block) => !taken.has(placeOf(block)) && !rules.some(([, holds]) => holds(block)))
        .map((block) => `${placeOf(block)}: ${block.text.split("\n")[0]}`);
      assert.deepEqual(unchecked, []);
    });

  it("must be checked by programs that exist", () => {
    for (const [program] of rules) assert.ok(existsSync(join(checkout, program)), program);
  });

  for (const block of showing.flatMap(blocksOf).filter(isDrawing))
    it(`must name folders that exist: ${placeOf(block)}`, () => {
      const names = [...block.text.matchAll(/[a-z]+\/[a-z]*/g)].map(([name]) => name);
      const missing = names.filter(
        (name) => !["", "provider"].some((parent) => existsSync(join(checkout, parent, name))),
      );
      assert.ok(names.length > 0);
      assert.deepEqual(missing, []);
    });

  for (const block of showing.flatMap(blocksOf).filter(isQuotation))
    it(`must quote the sources of the product: ${placeOf(block)}`, () => {
      const sources = files.filter((file) => /^(provider|cli|program)\/.*\.ts$/.test(file)).map(textOf);
      const pattern = patternOf(block.text);
      assert.ok(
        sources.some((source) => pattern.test(source)),
        block.text,
      );
    });
});

function placeOf({ page, line }: Block): string {
  return `${page}:${line}`;
}

function isDrawing({ text }: Block): boolean {
  return /[│└▼►]/.test(text);
}

/** Lines of TypeScript that are no program. */
function isQuotation({ language, text }: Block): boolean {
  return language === "ts" && !/^import /m.test(text);
}

/** An ellipsis stands for text within the statement. */
function patternOf(text: string): RegExp {
  const parts = text
    .trim()
    .split("…")
    .map((part) =>
      part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(/\s+/g, String.raw`\s+`),
    );
  return new RegExp(parts.join("[^;]*?"));
}
