/** docs/variables.md lists exactly the variables that the code reads. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { sourcesIn } from "../../support/imports.js";
import { checkout } from "../../support/scripts.js";

const page = readFileSync(join(checkout, "docs/variables.md"), "utf8");
const [listed = "", ignored = ""] = page.split("## Without effect");
const namesIn = (text: string) =>
  new Set([...text.matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)`/g)].flatMap(([, name]) => name ?? []));

const prefixed = /\b(?:K2_COMPOSE|COMPOSE|DOCKER|PULUMI|BUILDKIT|DEPLOYMENT)_[A-Z_]*[A-Z]\b/g;
const plain =
  /(?<=\benv\.|\benvironment\.|ownVariable\([\w.]+, ")(?!NAME\b|PASSWORD\b|GREETING\b|DB_)[A-Z][A-Z_]+\b/g;

const used = new Set(
  sourcesIn(["provider", "program", "runtime", "cli"])
    .map((file) => readFileSync(join(checkout, file), "utf8"))
    .flatMap((text) => [...text.matchAll(prefixed), ...text.matchAll(plain)].map(([name]) => name)),
);

test("docs/variables.md lists every variable that the code reads", () => {
  assert.ok(used.size > 40);
  const known = namesIn(listed);
  assert.deepEqual(
    [...used].filter((name) => !known.has(name)),
    [],
  );
});

test("docs/variables.md lists no variable that the code does not read, except as one without effect", () => {
  assert.deepEqual(
    [...namesIn(listed)].filter((name) => !used.has(name)),
    [],
  );
  assert.deepEqual(
    [...namesIn(ignored)].filter((name) => used.has(name)),
    [],
  );
});
