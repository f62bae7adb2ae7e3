/** Properties of any document. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import fc from "fast-check";
import { toYaml, withoutVariables } from "../../../provider/compose/output/yaml-text.js";
import { toDocument } from "../../../provider/compose/output/config-text.js";
import { substitute, SubstitutionError } from "../../../provider/compose/interpolate/substitute.js";
import { K2Error } from "../../../provider/shared/errors.js";
import { broken, documents, loadTexts } from "./random-documents.js";
import { filesOf, fixturesOf } from "./fixtures.js";

const lenient = { consistency: false, allResources: true, resolveEnvironment: false };

function assertClearError(result: unknown): asserts result {
  if (!(result instanceof Error)) return;
  assert.ok(K2Error.is(result), result.stack);
  assert.ok(result.message.length > 0);
}

describe("any document", () => {
  it("loads, prints and loads as the same", async () => {
    let loaded = 0;
    await fc.assert(
      fc.asyncProperty(documents, async (document) => {
        const project = await loadTexts({ "compose.yaml": toYaml(document) }, lenient);
        assertClearError(project);
        if (project instanceof Error) return;
        loaded += 1;
        const printed = toDocument(project);
        const again = await loadTexts({ "compose.yaml": toYaml(withoutVariables(printed)) }, lenient);
        assert.ok(!(again instanceof Error), `${String(again)}\n${toYaml(printed)}`);
        assert.deepEqual(toDocument(again), printed);
      }),
      { numRuns: 100 },
    );
    assert.ok(loaded > 10, `only ${loaded} of 100 random documents were valid`);
  });

  it("is not changed by an empty file merged onto it, nor by itself", async () => {
    await fc.assert(
      fc.asyncProperty(documents, async (document) => {
        const text = toYaml(document);
        const alone = await loadTexts({ "compose.yaml": text }, lenient);
        if (alone instanceof Error) return;
        const empty = await loadTexts({ "compose.yaml": text, "empty.yaml": "services: {}" }, lenient);
        assert.deepEqual(toDocument(empty as typeof alone), toDocument(alone));
      }),
      { numRuns: 100 },
    );
  });

  it("loads or fails with a clear error, however it is broken", async () => {
    const texts = [...fixturesOf("accepted"), ...fixturesOf("k2")]
      .flatMap(filesOf)
      .map((file) => readFileSync(file, "utf8"));
    await fc.assert(
      fc.asyncProperty(broken(texts), async (text) =>
        assertClearError(await loadTexts({ "compose.yaml": text })),
      ),
      { numRuns: 400 },
    );
  });
});

it("substitution throws nothing but its own errors", () => {
  const piece = fc.constantFrom(
    "$",
    "{",
    "}",
    "A",
    "b_1",
    ":-",
    "-",
    ":?",
    "?",
    ":+",
    "+",
    "$$",
    "${A}",
    "${A:-",
    " ",
    "\n",
    "é",
    "",
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 14 }),
      fc.option(fc.constantFrom("", "v", "${A}", "$")),
      (pieces, value) => {
        try {
          substitute(pieces.join(""), (name) => (name === "A" ? (value ?? undefined) : undefined));
        } catch (error) {
          assert.ok(error instanceof SubstitutionError);
        }
      },
    ),
    { numRuns: 1500 },
  );
});

describe("hostile files are refused at once", () => {
  const files: Record<string, string> = {
    "deep block": `x-a:\n${Array.from({ length: 2000 }, (_, i) => `${" ".repeat(i + 1)}- a:`).join("\n")}\nservices: {a: {image: x}}`,
    "alias of itself": "services: {a: &a {image: x, labels: {b: *a}}}",
    "open substitutions": `services: {a: {image: "${"${A:-".repeat(2000)}"}}`,
  };
  for (const [name, text] of Object.entries(files)) {
    it(name, async () => {
      const start = performance.now();
      const result = await loadTexts({ "compose.yaml": text });
      assert.ok(K2Error.is(result), String(result));
      assert.ok(performance.now() - start < 10_000, `${performance.now() - start} ms`);
    });
  }

  it("a scalar of 5 MB is accepted", async () => {
    const result = await loadTexts({
      "compose.yaml": `services: {a: {image: x, labels: {l: "${"y".repeat(5_000_000)}"}}}`,
    });
    assert.ok(!(result instanceof Error), String(result).slice(0, 200));
  });
});
