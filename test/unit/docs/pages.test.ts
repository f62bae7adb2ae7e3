/** Pages for users of other tools: their commands exist, and translations show the same ones. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { catalog } from "../../../cli/catalog.js";
import { checkout } from "../../support/scripts.js";

const textOf = (file: string) => readFileSync(join(checkout, file), "utf8");
const blocksOf = (file: string) =>
  [...textOf(file).matchAll(/^```\w*\n[\s\S]*?^```$/gm)].map(([block]) => block);

for (const [translation, original] of [
  ["README.zh-CN.md", "README.md"],
  ["docs/zh/from-k2-compose.md", "docs/from-k2-compose.md"],
] as const)
  test(`${translation} shows the files and commands of ${original}, which tests run`, () => {
    assert.deepEqual(blocksOf(translation), blocksOf(original));
  });

const globalOptions = textOf("docs/commands/README.md");

const pages = [
  "README.md",
  ...["docs", "docs/commands"].flatMap((folder) =>
    readdirSync(join(checkout, folder))
      .filter((name) => name.endsWith(".md"))
      .map((name) => `${folder}/${name}`),
  ),
];
const showing = pages.filter((page) => blocksOf(page).some((block) => /^(\$ )?k2-compose /m.test(block)));

for (const page of showing)
  test(`${page} shows commands and options that exist`, () => {
    const lines = blocksOf(page).flatMap((block) => block.split("\n"));
    const commands = lines
      .flatMap((line) => /^(?:\$ )?(k2-compose .*)/.exec(line)?.[1] ?? [])
      .filter((line) => !line.includes(" COMMAND "));
    for (const line of commands) {
      const words = line
        .replace(/ +#.*| \|\|.*/, "")
        .split(" ")
        .slice(1);
      const command = words.find((word) => Object.hasOwn(catalog, word));
      assert.ok(command !== undefined, line);
      const known = `${textOf(`docs/commands/${command}.md`)}${globalOptions}`;
      for (const option of words.filter((word) => word.startsWith("-")))
        assert.match(known, new RegExp(`[\`, ]${option}[\`, ]`), line);
    }
  });
