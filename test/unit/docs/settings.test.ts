/** The settings of a stack and the scripts of npm that pages name exist, and the README lists every setting. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { files, pages, textOf } from "../../support/docs/pages.js";

const sources = files.filter((file) => /^(provider|program|cli)\/.*\.ts$/.test(file)).map(textOf);
const settings = new Set(
  sources.flatMap((text) =>
    [/\bconfig\.get\w*(?:<[^>]*>)?\("(\w+)"/g, /\blist\("(\w+)"\)/g, /"k2-compose:(\w+)\b/g].flatMap(
      (pattern) =>
        text.includes('"k2-compose') ? [...text.matchAll(pattern)].flatMap(([, name]) => name ?? []) : [],
    ),
  ),
);

test("the README lists every setting of a stack", () => {
  const [, section = ""] = textOf("README.md").split("## Settings of a stack");
  const [listed = ""] = section.split("\n## ");
  assert.ok(settings.size > 12);
  assert.deepEqual(
    [...settings].filter((name) => !listed.includes(`\`${name}\``)),
    [],
  );
});

test("pages name settings that exist", () => {
  const unknown = pages.flatMap((page) =>
    [...textOf(page).matchAll(/k2-compose:([a-z]\w+)/g)]
      .filter(([, name = ""]) => !settings.has(name))
      .map(([name]) => `${page}: ${name}`),
  );
  assert.deepEqual(unknown, []);
});

test("pages name scripts of npm that exist", () => {
  const { scripts } = JSON.parse(textOf("package.json")) as { scripts: Record<string, string> };
  const named = pages.flatMap((page) =>
    [...textOf(page).matchAll(/\bnpm (?:run )?(start|stop|test|(?<=run )[a-z:]+)/g)].map(([, name = ""]) => ({
      page,
      name,
    })),
  );
  assert.ok(named.length > 10);
  assert.deepEqual(
    named.filter(({ name }) => !Object.hasOwn(scripts, name)),
    [],
  );
});
