/**
 * Every attribute of the table must be in a fixture, in each syntax that its schema accepts. `K2_UPDATE=1` writes the
 * table again.
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { it } from "node:test";
import { Problems, At } from "../../../provider/compose/tree/problems.js";
import { project } from "../../../provider/compose/schema/project.js";
import type { JsonSchema, Shape } from "../../../provider/compose/schema/shape.js";
import { isList, isMapping } from "../../../provider/compose/tree/tree.js";
import { renameAliases } from "../../../provider/compose/merge/x-aliases.js";
import { parseYaml } from "../../../provider/compose/source/yaml.js";
import { filesOf, fixtures, fixturesOf } from "./fixtures.js";

it("every syntax of every attribute is in a fixture", (t) => {
  const cells = new Map<string, string>();
  for (const cell of cellsOf(project, "")) cells.set(cell, "");
  for (const kind of ["accepted", "k2", "k2-refused"] as const) {
    for (const fixture of fixturesOf(kind))
      for (const file of filesOf(fixture)) fill(cells, file, `${kind}/${fixture.name}`);
  }
  const table = [...cells].map(([cell, file]) => `${cell.padEnd(72)} ${file}`.trimEnd()).join("\n");
  const empty = [...cells].filter(([, file]) => file === "").map(([cell]) => cell);
  t.diagnostic(
    `${cells.size} cells, ${fixturesOf("accepted").length} files accepted, ${fixturesOf("refused").length} refused`,
  );
  const where = path.join(fixtures, "table.txt");
  if (process.env.K2_UPDATE) writeFileSync(where, `${table}\n`);
  assert.deepEqual(empty, []);
  assert.equal(readFileSync(where, "utf8"), `${table}\n`);
});

function cellsOf(shape: Shape, at: string): string[] {
  const own = at === "" ? [] : kindsIn(shape.schema).map((kind) => `${at} ${kind}`);
  const fields = Object.entries(shape.fields ?? {}).flatMap(([name, field]) =>
    cellsOf(field, at === "" ? name : `${at}.${name}`),
  );
  const entry =
    shape.entry === undefined
      ? []
      : cellsOf(shape.entry, kindsIn(shape.schema).includes("mapping") ? `${at}.*` : `${at}[]`);
  return [...own, ...fields, ...entry];
}

const kinds: Record<string, string> = {
  string: "text",
  number: "number",
  integer: "number",
  boolean: "flag",
  array: "list",
  object: "mapping",
  null: "null",
};

function kindsIn(schema: JsonSchema): string[] {
  const branches = (schema.anyOf ?? []) as JsonSchema[];
  const types =
    schema.type === undefined
      ? branches.flatMap(kindsIn)
      : [schema.type as string | string[]].flat().map((type) => kinds[type] ?? type);
  return types.length === 0 ? ["any"] : [...new Set(types)];
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (isList(value)) return "list";
  return kinds[typeof value === "bigint" ? "number" : typeof value] ?? "";
}

function fill(cells: Map<string, string>, file: string, name: string): void {
  const problems = new Problems();
  for (const { tree } of parseYaml(readFileSync(file, "utf8"), file, problems)) {
    if (isMapping(tree)) renameAliases(tree, new At(problems));
    visit(tree, project, "", (at, value) => {
      for (const cell of [`${at} ${kindOf(value)}`, `${at} any`])
        if (cells.get(cell) === "") cells.set(cell, name);
    });
  }
}

function visit(value: unknown, shape: Shape, at: string, see: (at: string, value: unknown) => void): void {
  if (at !== "") see(at, value);
  if (isList(value))
    for (const entry of value) if (shape.entry !== undefined) visit(entry, shape.entry, `${at}[]`, see);
  if (!isMapping(value)) return;
  for (const [key, entry] of Object.entries(value)) {
    const field = shape.fields?.[key];
    if (field !== undefined) visit(entry, field, at === "" ? key : `${at}.${key}`, see);
    else if (shape.entry !== undefined) visit(entry, shape.entry, `${at}.*`, see);
  }
}
