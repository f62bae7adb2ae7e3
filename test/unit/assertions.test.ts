import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import ts from "typescript";
import { checkout } from "../support/scripts.js";

interface Count {
  casts: number;
  nonNull: number;
}

/** Counts assertions in a file. `as const` is not one. */
function countIn(path: string): Count {
  const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
  const count = { casts: 0, nonNull: 0 };
  const visit = (node: ts.Node): void => {
    if (ts.isAsExpression(node) && node.type.getText(source) !== "const") count.casts++;
    if (ts.isNonNullExpression(node)) count.nonNull++;
    ts.forEachChild(node, visit);
  };
  visit(source);
  return count;
}

function countBelow(...folders: string[]): Count {
  const files = folders.flatMap((folder) =>
    readdirSync(join(checkout, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join(checkout, folder, name)),
  );
  const counts = files.map(countIn);
  const sum = (of: (count: Count) => number) => counts.reduce((total, count) => total + of(count), 0);
  return { casts: sum(({ casts }) => casts), nonNull: sum(({ nonNull }) => nonNull) };
}

describe("type assertions", () => {
  it("must not be needed in the code that decides what changes", () => {
    assert.deepEqual(countBelow("provider/model/changes"), { casts: 0, nonNull: 0 });
  });

  it("must not increase in the product", () => {
    const { casts, nonNull } = countBelow("provider", "cli", "program", "runtime");
    assert.ok(casts <= 100, `${casts} assertions with \`as\``);
    assert.ok(nonNull === 0, `${nonNull} assertions with \`!\``);
  });
});
