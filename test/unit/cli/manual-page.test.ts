import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { catalog, type Entry, loadCommand } from "../../../cli/catalog.js";
import { overview, page } from "../../../cli/manual-page.js";
import { checkout } from "../../support/scripts.js";

const folder = join(checkout, "docs/commands");

/** K2_UPDATE=1 writes the pages again. */
describe("docs/commands", () => {
  it("must match the commands' definitions", async () => {
    const pages: Record<string, string> = { "README.md": overview() };
    for (const [name, entry] of Object.entries<Entry>(catalog))
      pages[`${name}.md`] = page(name, entry, await loadCommand(name));
    if (process.env.K2_UPDATE) {
      mkdirSync(folder, { recursive: true });
      for (const [file, text] of Object.entries(pages)) writeFileSync(join(folder, file), text);
    }
    assert.deepEqual(readdirSync(folder).sort(), Object.keys(pages).sort());
    for (const [file, text] of Object.entries(pages))
      assert.equal(
        readFileSync(join(folder, file), "utf8"),
        text,
        `${file}: K2_UPDATE=1 node --test dist/test/unit/cli/manual-page.test.js`,
      );
  });
});
