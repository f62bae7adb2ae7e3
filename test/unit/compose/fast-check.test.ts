/** ajv must accept all values that the fast check accepts. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import type { ValidateFunction } from "ajv";
import fc from "fast-check";
import { newAjv } from "../../../provider/compose/validate/ajv.js";
import { editorSchema } from "../../../provider/compose/output/editor-schema.js";
import { fits } from "../../../provider/compose/validate/fast-check.js";
import { Problems } from "../../../provider/compose/tree/problems.js";
import { projectRows } from "../../../provider/compose/schema/project.js";
import { serviceRows } from "../../../provider/compose/schema/service.js";
import type { Shape } from "../../../provider/compose/schema/shape.js";
import { isMapping } from "../../../provider/compose/tree/tree.js";
import { parseYaml } from "../../../provider/compose/source/yaml.js";
import { valueOf } from "./random-documents.js";
import { filesOf, fixturesOf } from "./fixtures.js";

const ajv = newAjv();
const validators = new Map<Shape, ValidateFunction>();

function ajvAccepts(shape: Shape, value: unknown): boolean {
  let validator = validators.get(shape);
  if (validator === undefined) validators.set(shape, (validator = ajv.compile(shape.schema)));
  return validator(value);
}

it("ajv accepts all values of fixtures that the fast check accepts", () => {
  let passed = 0;
  for (const kind of ["accepted", "refused", "k2", "k2-refused"] as const) {
    for (const file of fixturesOf(kind).flatMap(filesOf)) {
      for (const { tree } of parseYaml(readFileSync(file, "utf8"), file, new Problems())) {
        const services =
          isMapping(tree) && isMapping(tree.services) ? Object.values(tree.services).filter(isMapping) : [];
        for (const [key, value] of services.flatMap((service) => Object.entries(service))) {
          const row = serviceRows[key];
          if (row === undefined) continue;
          if (!fits(row.schema, value)) continue;
          passed += 1;
          assert.ok(holdsBigint(value) || ajvAccepts(row, value), `${file}: ${key}`);
        }
      }
    }
  }
  assert.ok(passed > 800, `only ${passed} values fit`);
});

it("ajv accepts all random values that the fast check accepts", () => {
  const rows = Object.values(serviceRows).filter((row) => row.refused === undefined);
  const values = fc
    .constantFrom(...rows)
    .chain((from) => fc.tuple(fc.constantFrom(...rows, from, from), valueOf(from.schema)));
  fc.assert(
    fc.property(values, ([row, value]) => {
      if (fits(row.schema, value)) assert.ok(ajvAccepts(row, value));
    }),
    { numRuns: 1000 },
  );
});

it("the editor's schema accepts what we accept", () => {
  const validate = ajv.compile(editorSchema());
  for (const fixture of fixturesOf("k2")) {
    const [file] = filesOf(fixture);
    const [document] = parseYaml(readFileSync(file!, "utf8"), file!, new Problems());
    assert.ok(validate(document?.tree), `${fixture.name}: ${JSON.stringify(validate.errors)}`);
  }
  assert.ok(projectRows.hosts !== undefined);
});

function holdsBigint(value: unknown): boolean {
  if (typeof value === "bigint") return true;
  return typeof value === "object" && value !== null && Object.values(value).some(holdsBigint);
}
