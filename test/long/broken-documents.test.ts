/** 10^5 broken documents: each loads or is refused with a clear error, without a crash or a hang. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import fc from "fast-check";
import { K2Error } from "../../provider/shared/errors.js";
import { broken, documents, loadTexts } from "../unit/compose/random-documents.js";
import { filesOf, fixturesOf } from "../unit/compose/fixtures.js";
import { toYaml } from "../../provider/compose/output/yaml-text.js";

const count = Number(process.env.K2_MUTATIONS ?? 100_000);

it(`${count} broken documents are loaded or refused with a clear error`, async () => {
  const texts = [...fixturesOf("accepted"), ...fixturesOf("k2"), ...fixturesOf("refused")]
    .flatMap(filesOf)
    .map((file) => readFileSync(file, "utf8"));
  const slowest = { ms: 0, text: "" };
  await fc.assert(
    fc.asyncProperty(broken(texts), async (text) => {
      const start = performance.now();
      const result = await loadTexts({ "compose.yaml": text });
      const ms = performance.now() - start;
      if (ms > slowest.ms) Object.assign(slowest, { ms, text });
      if (result instanceof Error) assert.ok(K2Error.is(result), result.stack);
    }),
    { numRuns: count },
  );
  assert.ok(slowest.ms < 60_000, `${slowest.ms} ms for\n${slowest.text}`);
});

it(`${count / 20} random documents are loaded or refused with a clear error`, async () => {
  await fc.assert(
    fc.asyncProperty(documents, async (document) => {
      const result = await loadTexts({ "compose.yaml": toYaml(document) });
      if (result instanceof Error) assert.ok(K2Error.is(result), result.stack);
    }),
    { numRuns: Math.ceil(count / 20) },
  );
});
