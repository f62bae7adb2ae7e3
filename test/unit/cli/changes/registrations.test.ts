import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ComputedChanges } from "../../../../cli/changes/compute-changes.js";
import { registrationsFor, registrationsToKeep, targetsOf } from "../../../../cli/changes/registrations.js";
import type { Workspace } from "../../../../cli/application/workspace.js";
import type { Change } from "../../../../provider/model/changes/compare.js";
import type { Plan } from "../../../../provider/model/plan/node.js";
import type { StackState } from "../../../../provider/model/stack-state.js";
import { planOf } from "../../../support/model/plans.js";
import { stateOf } from "../../../support/model/state-of-plan.js";

const file = `services:
  db: {image: "db:1", volumes: ["data:/data"]}
  web: {image: "web:1", depends_on: [db], health_check: {http: "http://web:80/"}}
  lb: {image: "lb:1", depends_on: [web]}
  side: {image: "side:1", network_mode: "service:web"}
  a: {image: "a:1"}
  b: {image: "b:1"}
  c: {image: "c:1"}
  d: {image: "d:1"}
  e: {image: "e:1"}
  f: {image: "f:1"}
volumes: {data: {}}
`;

const workspace = { project: "shop", stack: "dev" } as Workspace;

describe("a run with targets", () => {
  it("must register the targets, what depends on them, and what these need", async () => {
    const plan = await planOf(file);
    const state = stateOf(plan);
    assert.deepEqual(registered(plan, state, ["service e@default"]), [
      "host default",
      "network shop_default@default",
      "image e:1",
      "image e:1@default",
      "service e@default",
    ]);
    const ofDb = registered(plan, state, ["service db@default"]).filter((id) => /^(service|health)/.test(id));
    assert.deepEqual(ofDb, [
      "service db@default",
      "service web@default",
      "healthCheck web@default",
      "service lb@default",
      "service side@default",
    ]);
  });

  it("must keep what left the file, if it depends on a target", async () => {
    const before = await planOf(file);
    const plan = await planOf(file.replace(/ {2}lb:.*\n/, "").replace(/ {2}e:.*\n/, ""));
    const { staying } = registrationsFor({ plan, state: stateOf(before), workspace }, [
      urnOf("service web@default"),
    ]);
    assert.deepEqual(
      staying.map(({ id }) => id),
      ["image lb:1", "image lb:1@default", "service lb@default"],
    );
    const { dependsOn } = staying.at(-1)!;
    for (const id of ["healthCheck web@default", "image lb:1@default"])
      assert.ok(dependsOn.includes(id), String(dependsOn));
  });

  it("must keep everything that left the file, if the program plans for itself", async () => {
    const before = await planOf(file);
    const plan = await planOf(file.replace(/ {2}e:.*\n/, ""));
    const kept = (targets: string[]) =>
      registrationsToKeep({ plan, state: stateOf(before) }, targets).map(({ id }) => id);
    assert.deepEqual(kept([]), ["image e:1", "image e:1@default", "service e@default"]);
    assert.deepEqual(kept([urnOf("service e@default")]), ["image e:1", "image e:1@default"]);
    assert.deepEqual(registrationsToKeep({ plan, state: undefined }), []);
  });

  it("must export the containers of all other services", async () => {
    const plan = await planOf(file);
    const state = stateOf(plan);
    const container = { id: "1", name: "shop-db-1", ports: [] };
    state.services.find(({ name }) => name === "db@default")!.outputs.containers = [container];
    const { deployed } = registrationsFor({ plan, state, workspace }, [urnOf("service web@default")]);
    const others = Object.fromEntries(["a", "b", "c", "d", "e", "f"].map((name) => [`${name}@default`, []]));
    assert.deepEqual(deployed, others);
    const ofE = registrationsFor({ plan, state, workspace }, [urnOf("service e@default")]).deployed;
    assert.deepEqual(ofE["db@default"], [container]);
    assert.ok(!("e@default" in ofE));
  });

  it("must register the whole plan without targets, and for a stack without hosts", async () => {
    const plan = await planOf(file);
    assert.deepEqual(registrationsFor({ plan, state: stateOf(plan), workspace }, []), {
      plan,
      staying: [],
      deployed: {},
    });
    const all = plan.nodes.map(({ id }) => id);
    assert.deepEqual(registered(plan, undefined, ["service e@default"]), all);
  });
});

describe("targets", () => {
  it("must be what changes and what reads its outputs, if that concerns the smaller part of the plan", async () => {
    const plan = await planOf(file);
    assert.deepEqual(targets(plan, { "service e@default": "change" }), [urnOf("service e@default")]);
    assert.deepEqual(targets(plan, { "image e:1": "change" }), [
      urnOf("image e:1"),
      urnOf("image e:1@default"),
      urnOf("service e@default"),
    ]);
    assert.deepEqual(targets(plan, { "service web@default": "drift" }), [
      ...["service web@default", "healthCheck web@default", "service side@default"].map(urnOf),
    ]);
  });

  it("must be none if most of the plan depends on a change, if something is removed, or if nothing is known", async () => {
    const plan = await planOf(file);
    assert.deepEqual(targets(plan, { "host default": "change" }), []);
    assert.deepEqual(targets(plan, { "service e@default": "change", "service old@default": "remove" }), []);
    assert.deepEqual(targets(plan, {}), []);
    assert.deepEqual(targets(plan, { "service e@default": "change" }, { state: undefined }), []);
    const custom = { registered: undefined } as unknown as Partial<ComputedChanges>;
    assert.deepEqual(targets(plan, { "service e@default": "change" }, custom), []);
  });
});

function registered(plan: Plan, state: StackState | undefined, ids: string[]): string[] {
  const { nodes } = registrationsFor({ plan, state, workspace }, ids.map(urnOf)).plan;
  return nodes.map(({ id }) => id);
}

function targets(
  plan: Plan,
  actions: Record<string, Change["action"]>,
  more: Partial<ComputedChanges> = {},
): string[] {
  const known = new Map(plan.nodes.map(({ id }) => [id, "same" as Change["action"]]));
  for (const [id, action] of Object.entries(actions)) known.set(id, action);
  const changes = [...known].map(([id, action]) => ({ id, action }) as Change);
  const seen = { plan, changes, state: stateOf(plan), registered: { plan, variables: {} }, workspace };
  return targetsOf({ ...seen, isPartial: false, ids: new Set(), dependents: [], ...more } as ComputedChanges);
}

/** As the state of a plan names them. */
function urnOf(id: string): string {
  const [, kind = "", name = ""] = /^(\S+) (.*)$/.exec(id) ?? [];
  return `urn:pulumi:dev::shop::k2:index:Project$pulumi-nodejs:dynamic/k2:${kind[0]!.toUpperCase()}${kind.slice(1)}::${name}`;
}
