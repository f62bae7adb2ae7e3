import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { servicesToStopFirst } from "../../../../cli/up/stop-optional-first.js";
import type { Change } from "../../../../provider/model/changes/compare.js";
import { idsOfDisabled, leaversOf } from "../../../../cli/changes/leaving.js";
import { planOf } from "../../../support/model/plans.js";
import { stateOf } from "../../../support/model/state-of-plan.js";

describe("what is in the state and not in the plan", () => {
  const file = `services:
  web: {image: "web:1", scale: 3, host: [a, b, c]}
  lb: {image: "lb:1", host: a, s_depends_on: [web]}
  debug: {image: "debug:1", host: d, profiles: [debug]}
hosts: {a: "10.0.0.1:2375", b: "10.0.0.2:2375", c: "10.0.0.3:2375", d: "10.0.0.4:2375"}
`;

  it("must stay if a service of a disabled profile needs it, as in docker compose", async () => {
    const state = stateOf(await planOf(file.replace(", profiles: [debug]", "")));
    const kept = idsOfDisabled(["debug"], state);
    for (const id of ["service debug@d", "image debug:1@d", "host d"]) assert.ok(kept.has(id), id);
    assert.ok(!kept.has("service web@a"));
    assert.deepEqual(idsOfDisabled([], state), new Set());
  });

  it("must be removed by `scale` as by `up --scale`, unless a dependent has changes of its own", async () => {
    const state = stateOf(await planOf(file));
    const gone = { ...change("service web@c", "remove"), urn: "urn:web@c" };
    const left = (lb: Change["action"]) =>
      leaversOf([change("service lb@a", lb), gone, change("service debug@d", "remove")], ["web"], state);
    const { urn } = state.services.find(({ name }) => name === "lb@a")!;
    assert.deepEqual(left("same"), { removed: [gone], staying: [], dependents: [urn] });
    assert.deepEqual(left("change"), { removed: [], staying: ["web@c"], dependents: [] });
  });

  function change(id: string, action: Change["action"]): Change {
    const name = id.replace(/^.* /, "");
    return { id, kind: "service", name, action, fields: [], reasons: [] };
  }
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
