import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import ts from "typescript";
import { checkout } from "../support/scripts.js";

/** Module-level variables that may change, with the reason. */
const allowed: Record<string, string> = {
  "provider/compose/tree/tree.ts places":
    "positions of values that YAML made; a value takes its own away with it",
  "provider/compose/validate/validate.ts compiled": "pure: the schema's compiled validators",
  "provider/compose/validate/validate.ts ajv": "pure: the compiler, loaded when a file needs it",
  "provider/engine/connection/docker-modem.ts modemClass": "pure: a module, loaded when an engine is called",
  "provider/compose/source/yaml-scalar.ts constants": "pure: a table that loops fill",
  "provider/resources/unmet.ts checks":
    "the user's program makes the projects, and runtime/ waits for all of them",
};

const changing = new Set(["Map", "Set", "WeakMap", "WeakSet", "AbortController", "AsyncLocalStorage"]);

describe("a module of the product", () => {
  it("must keep no state of its own: a session, a run's memory or a context holds it", () => {
    const found = ["provider", "program", "runtime", "cli"].flatMap((folder) =>
      readdirSync(join(checkout, folder), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".ts") && !file.endsWith("_pb.ts"))
        .flatMap((file) => stateOf(join(folder, file))),
    );
    assert.deepEqual(found.sort(), Object.keys(allowed).sort());
  });
});

/**
 * Returns "file variable" for each variable of the module with state. A collection that is created with its content
 * is a table.
 */
function stateOf(file: string): string[] {
  const text = readFileSync(join(checkout, file), "utf8");
  const { statements } = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  return statements.filter(ts.isVariableStatement).flatMap(({ declarationList }) => {
    const isFixed = (declarationList.flags & ts.NodeFlags.Const) !== 0;
    return declarationList.declarations
      .filter(({ initializer }) => !isFixed || (initializer !== undefined && isState(initializer)))
      .map(({ name }) => `${file} ${(name as ts.Identifier).text}`);
  });
}

function isState(value: ts.Expression): boolean {
  if (ts.isArrayLiteralExpression(value)) return value.elements.length === 0;
  if (ts.isObjectLiteralExpression(value)) return value.properties.length === 0;
  if (!ts.isNewExpression(value) || !ts.isIdentifier(value.expression)) return false;
  return changing.has(value.expression.text) && (value.arguments ?? []).length === 0;
}
