import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { textsOf } from "../../../../provider/model/reasons.js";
import { reconcile } from "../../../../provider/model/reconcile/reconcile.js";
import { container, desired, old, printed } from "../../../support/model/simulated-engine.js";

describe("an update", () => {
  it("starts the new container before it stops the old one: start-first", () => {
    assert.equal(
      printed(desired(), [container("a1", old)]),
      `
web@b: 1 running, 1 wanted, configuration changed; start-first, 1 at a time
  create  a1_shop-web-1     configuration changed
  start   a1_shop-web-1     replacement  and wait: healthy
  stop    shop-web-1        replaced
  remove  shop-web-1        replaced
  rename  a1_shop-web-1 -> shop-web-1 replaces it
`,
    );
    assert.equal(
      printed(desired({ healthcheck: false }), [container("a1", old)]),
      `
web@b: 1 running, 1 wanted, configuration changed; start-first, 1 at a time
  create  a1_shop-web-1     configuration changed
  start   a1_shop-web-1     replacement  and wait: stable
  stop    shop-web-1        replaced
  remove  shop-web-1        replaced
  rename  a1_shop-web-1 -> shop-web-1 replaces it
`,
    );
  });

  it("creates the new container before it stops the old one, and starts it afterwards: stop-first", () => {
    const wanted = desired({ order: "stop-first", replicas: 2, imageId: "sha256:5e6f" });
    assert.equal(
      printed(wanted, [container("a1"), container("a2", { number: 2 })]),
      `
web@b: 2 running, 2 wanted, image changed (3c4d -> 5e6f); stop-first, 1 at a time
  create  a1_shop-web-1     image changed (3c4d -> 5e6f)
  stop    shop-web-1        replaced
  start   a1_shop-web-1     replacement  and wait: healthy
  remove  shop-web-1        replaced
  rename  a1_shop-web-1 -> shop-web-1 replaces it
  create  a2_shop-web-2     image changed (3c4d -> 5e6f)
  stop    shop-web-2        replaced
  start   a2_shop-web-2     replacement  and wait: healthy
  remove  shop-web-2        replaced
  rename  a2_shop-web-2 -> shop-web-2 replaces it
`,
    );
  });

  it("replaces several at a time, which fail together, each with its own undo", () => {
    const observed = [1, 2, 3].map((number) => container(`a${number}`, { ...old, number }));
    const { stages } = reconcile(desired({ replicas: 3, parallelism: 2, order: "stop-first" }), observed);
    assert.deepEqual(
      stages.map((stage) => stage.length),
      [2, 1],
    );
    assert.deepEqual(
      stages[0]![0]!.undo.map(({ op, cause }) => `${op}: ${cause}`),
      ["remove: did not come up", "start: restored"],
    );
    assert.deepEqual(
      stages[0]![0]!.steps.slice(0, stages[0]![0]!.undoable).map(({ op }) => op),
      ["create", "stop", "start"],
    );
  });

  it("replaces a stopped container without a stop, and does not restore it", () => {
    const observed = [container("a1", { ...old, state: "exited", exitCode: 0 })];
    assert.equal(
      printed(desired(), observed),
      `
web@b: 0 running, 1 wanted, configuration changed; start-first, 1 at a time
  create  a1_shop-web-1     configuration changed
  start   a1_shop-web-1     replacement  and wait: healthy
  remove  shop-web-1        replaced
  rename  a1_shop-web-1 -> shop-web-1 replaces it
`,
    );
  });

  it("replaces a container that lacks a setting", () => {
    const reasons = (change: Parameters<typeof container>[1], wanted = desired()) =>
      textsOf(reconcile(wanted, [container("a1", change)]).reasons);
    const all = [
      reasons({ networks: {} }),
      reasons({ networks: { shop_default: { id: "other" } } }),
      reasons({ mounts: [] }),
      reasons({ state: "dead" }),
      reasons({}, desired({ filesHash: "f" })),
      reasons({}, desired({ forceRecreate: true })),
      reasons(old, desired({ imageId: "sha256:5e6f" })),
      reasons(old, desired({ noRecreate: true })),
      reasons({ state: "exited", networks: { shop_default: { id: "gone" } } }),
      // The id of a missing network is not compared; a completed job is unchanged.
      reasons({}, desired({ networks: { shop_default: undefined } })),
      reasons({ state: "exited", exitCode: 0, networks: {} }, desired({ job: true })),
    ];
    assert.deepEqual(all.flat(), [
      "shop-web-1: network shop_default is not attached: will be recreated",
      "shop-web-1: network shop_default is not attached: will be recreated",
      "shop-web-1: volume shop_data is not mounted: will be recreated",
      "shop-web-1: is dead: will be recreated",
      "shop-web-1: contents of configs, secrets or uploaded folders changed: will be recreated",
      "shop-web-1: asked for: will be recreated",
      "shop-web-1: configuration changed, image changed (3c4d -> 5e6f): will be recreated",
      "shop-web-1: network shop_default is not attached: will be recreated",
    ]);
  });
});

describe("a change of scale", () => {
  it("adds numbers after the highest one, and keeps gaps", () => {
    assert.equal(
      printed(desired({ replicas: 4 }), [container("a1"), container("a3", { number: 3 })]),
      `
web@b: 2 running, 4 wanted
  create  shop-web-4        replica is missing
  start   shop-web-4        replica is missing  and wait: healthy
  create  shop-web-5        replica is missing
  start   shop-web-5        replica is missing  and wait: healthy
`,
    );
  });

  it("removes outdated containers first, then the highest numbers", () => {
    const observed = [
      container("a1", old),
      container("a2", { number: 2 }),
      container("a3", { number: 3, state: "exited" }),
      container("a4", { number: 4 }),
    ];
    assert.equal(
      printed(desired({ replicas: 2 }), observed),
      `
web@b: 3 running, 2 wanted
  start   shop-web-3        is exited  and wait: healthy
  stop    shop-web-1        one too many
  remove  shop-web-1        one too many
  stop    shop-web-4        one too many
  remove  shop-web-4        one too many
`,
    );
    assert.equal(
      printed(desired({ replicas: 0 }), [container("a1")]),
      `
web@b: 1 running, 0 wanted
  stop    shop-web-1        one too many
  remove  shop-web-1        one too many
`,
    );
  });

  it("starts the kept container before it removes the last running one", () => {
    const observed = [container("a1", { state: "exited" }), container("a2", { number: 2 })];
    assert.equal(
      printed(desired(), observed),
      `
web@b: 1 running, 1 wanted
  start   shop-web-1        is exited  and wait: healthy
  stop    shop-web-2        one too many
  remove  shop-web-2        one too many
`,
    );
    assert.equal(
      printed(desired({ order: "stop-first" }), observed),
      `
web@b: 1 running, 1 wanted
  stop    shop-web-2        one too many
  remove  shop-web-2        one too many
  start   shop-web-1        is exited  and wait: healthy
`,
    );
  });
});
