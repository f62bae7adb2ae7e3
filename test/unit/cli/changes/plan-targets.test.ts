import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { servicesToStopFirst } from "../../../../cli/up/stop-optional-first.js";
import { registrationsToKeep } from "../../../../cli/changes/plan-targets.js";
import { planOf, stateOf } from "../../../support/model/state-of-plan.js";

describe("`up SERVICE`", () => {
  const both = `services:
  web: {image: "web:1", networks: [front]}
  old: {image: "old:1", networks: [front], depends_on: [web]}
networks: {front: {}}
`;

  it("must include services that were removed from the file, after their former dependencies", async () => {
    const state = stateOf(await planOf(both));
    const left = registrationsToKeep(await planOf(both.replace(/ {2}old:.*\n/, "")), state);
    assert.deepEqual(
      left.map(({ id }) => id),
      ["image old:1", "image old:1@default", "service old@default"],
    );
    const { dependsOn } = left.at(-1)!;
    for (const id of ["service web@default", "image old:1@default"])
      assert.ok(dependsOn.includes(id), String(dependsOn));
    assert.deepEqual(registrationsToKeep(await planOf(both), state), []);
    assert.deepEqual(registrationsToKeep(await planOf(both), undefined), []);
  });
});

describe("`down`", () => {
  const member = (service: string, depends: Record<string, { required?: boolean }> = {}) => ({
    service,
    dependsOn: Object.keys(depends),
    deployed: { inputs: { depends_on: depends } } as never,
  });
  const first = (...members: ReturnType<typeof member>[]) =>
    servicesToStopFirst(members).map(({ service }) => service);

  it("must first stop services with optional dependencies, and their dependents", () => {
    const db = member("db");
    const web = member("web", { db: { required: false } });
    const top = member("top", { web: {} });
    assert.deepEqual(first(db, top, web, member("else", { db: {} })), ["top", "web"]);
    assert.deepEqual(first(top, web), [], "the optional dependency is not deployed");
    assert.deepEqual(
      first(db, member("web", { db: {} })),
      [],
      "Pulumi handles the order of required dependencies",
    );
  });
});
