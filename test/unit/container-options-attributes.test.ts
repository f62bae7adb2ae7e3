import assert from "node:assert/strict";
import { test } from "node:test";
import { places } from "../../provider/engine/container-options.js";
import { label } from "../../provider/model/labels.js";
import { type AttributeGolden, attributeNames, golden, recordedVersions } from "../support/attributes.js";
import type { RecordedCreate } from "../support/create-body.js";
import { ourCreates, sortCreates } from "../support/our-creates.js";

/** Attributes that no file of docker compose's can hold. */
const withoutFixture: Record<string, string> = {
  host: "k2's own",
  s_depends_on: "k2's own",
  health_check: "k2's own",
  volume_driver: "docker compose's schema refuses it",
};

test("every attribute of a service has a fixture", () => {
  const fixtures = new Set(attributeNames());
  const missing = Object.keys(places).filter((name) => !fixtures.has(name) && !(name in withoutFixture));
  assert.deepEqual(missing, []);
});

for (const name of attributeNames()) {
  test(`${name}: our requests are docker compose's`, () => {
    const { config, creates } = golden(name);
    let recorded: AttributeGolden["creates"][string] = [];
    for (const version of recordedVersions) {
      const entry = creates[version] ?? "as before";
      if (entry !== "as before") recorded = entry;
      compare(config, version, recorded);
    }
  });
}

function compare(
  config: AttributeGolden["config"],
  version: string,
  recorded: AttributeGolden["creates"][string],
): void {
  if (Array.isArray(recorded)) {
    const ours = ourCreates(config, version, (name) => hashOf(recorded, name));
    assert.deepEqual(ours, sortCreates(recorded), `API ${version}`);
  } else {
    const { refused } = recorded as { refused: string };
    assert.throws(() => ourCreates(config, version, () => ""), new RegExp(refused.replace(/[.]/g, "\\.")));
  }
}

/** Hashes are compared elsewhere. */
function hashOf(recorded: RecordedCreate[], name: string): string {
  const found = recorded.find(({ query, body }) => (query.name ?? (body as { Name?: string }).Name) === name);
  return (found?.body as { Labels?: Record<string, string> } | undefined)?.Labels?.[label.configHash] ?? "";
}
