/** Every fixture must load as docker compose v5.5.1 loads it. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { load } from "../../../provider/compose/load/load.js";
import { serviceHash } from "../../../provider/model/reconcile/config-hash.js";
import { goldenOf, fixturesOf, loadOptionsOf, printed } from "./fixtures.js";

const accepted = fixturesOf("accepted");
const refused = fixturesOf("refused");

describe(`${accepted.length} files that docker compose accepts`, () => {
  for (const fixture of accepted) {
    it(fixture.name, async () => {
      const project = await load(loadOptionsOf(fixture));
      const golden = goldenOf(fixture);
      const config = printed(project);
      assert.deepEqual(config, golden.config);
      for (const section of ["services", "networks", "volumes", "configs", "secrets"])
        assert.equal(textOf(config, section), textOf(golden.config, section), "the order of entries");
      const hashes = Object.fromEntries(
        Object.entries(project.services).map(([name, service]) => [name, serviceHash(service)]),
      );
      assert.deepEqual(hashes, golden.hashes);
    });
  }
});

describe(`${refused.length} files that docker compose refuses`, () => {
  for (const fixture of refused) {
    it(fixture.name, async () => {
      await assert.rejects(
        load(loadOptionsOf(fixture)),
        (error: Error) => error.name === "K2Errors" || error.name === "K2Error",
      );
    });
  }
});

function textOf(config: object, section: string): string | undefined {
  return JSON.stringify(Reflect.get(config, section));
}
