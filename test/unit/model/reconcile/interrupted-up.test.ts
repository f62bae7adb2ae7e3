import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { reconcile } from "../../../../provider/model/reconcile/reconcile.js";
import { container, desired, old, printed } from "../../../support/model/simulated-engine.js";

const temporary = (id: string) => `${id}_shop-web-1`;

describe("containers of an interrupted `up`", () => {
  it("are used in any state if one matches", () => {
    const states = [
      { state: "created", health: undefined },
      { state: "running", health: "starting" as const },
      { state: "running" },
    ];
    const olds = [{}, { state: "exited", exitCode: 137 }];
    const plans = olds.flatMap((before) =>
      states.map((state) =>
        printed(desired(), [
          container("a1", { ...old, ...before }),
          container("b1", { ...state, name: temporary("a1"), created: 200 }),
        ]),
      ),
    );
    assert.equal(
      plans.join(""),
      `
web@b: 1 running, 1 wanted, configuration changed; start-first, 1 at a time
  start   a1_shop-web-1     replacement  and wait: healthy
  stop    shop-web-1        replaced
  remove  shop-web-1        replaced
  rename  a1_shop-web-1 -> shop-web-1 replaces it

web@b: 2 running, 1 wanted, configuration changed; start-first, 1 at a time
  start   a1_shop-web-1     replacement  and wait: healthy
  stop    shop-web-1        replaced
  remove  shop-web-1        replaced
  rename  a1_shop-web-1 -> shop-web-1 replaces it

web@b: 2 running, 1 wanted, configuration changed; start-first, 1 at a time
  stop    shop-web-1        replaced
  remove  shop-web-1        replaced
  rename  a1_shop-web-1 -> shop-web-1 replaces it

web@b: 0 running, 1 wanted, configuration changed; start-first, 1 at a time
  start   a1_shop-web-1     replacement  and wait: healthy
  remove  shop-web-1        replaced
  rename  a1_shop-web-1 -> shop-web-1 replaces it

web@b: 1 running, 1 wanted, configuration changed; start-first, 1 at a time
  remove  shop-web-1        replaced
  rename  a1_shop-web-1 -> shop-web-1 replaces it

web@b: 1 running, 1 wanted, configuration changed; start-first, 1 at a time
  remove  shop-web-1        replaced
  rename  a1_shop-web-1 -> shop-web-1 replaces it
`,
    );
  });

  it("are both replaced if outdated, under another temporary name", () => {
    const left = container("b1", { hash: "older", name: temporary("a1"), created: 200, state: "created" });
    assert.equal(
      printed(desired(), [container("a1", old), left]),
      `
web@b: 1 running, 1 wanted, configuration changed; start-first, 1 at a time
  create  b1_shop-web-1     configuration changed
  start   b1_shop-web-1     replacement  and wait: healthy
  stop    shop-web-1        replaced
  remove  shop-web-1        replaced
  remove  a1_shop-web-1     replaced
  rename  b1_shop-web-1 -> shop-web-1 replaces it
`,
    );
    const forced = desired({ forceRecreate: true });
    const [first] = reconcile(forced, [container("a1"), left]).stages[0]![0]!.steps;
    assert.equal(first?.op === "create" && first.name, "b1_shop-web-1");
  });

  it("are renamed if they have a temporary name", () => {
    assert.equal(
      printed(desired(), [container("b1", { name: temporary("a1") })]),
      `
web@b: 1 running, 1 wanted
  rename  a1_shop-web-1 -> shop-web-1 its name
`,
    );
  });

  it("are reduced to the running one of two that match, then to the one with the name", () => {
    const spare = container("b1", { name: temporary("a1"), created: 200 });
    assert.equal(
      printed(desired(), [container("a1"), spare]),
      `
web@b: 2 running, 1 wanted; start-first, 1 at a time
  stop    a1_shop-web-1     left over
  remove  a1_shop-web-1     left over
`,
    );
    const done = container("a1", { state: "exited", exitCode: 0 });
    assert.equal(
      printed(desired({ job: true }), [done, { ...spare, state: "created" }]),
      `
web@b: 0 running, 1 wanted; start-first, 1 at a time
  remove  a1_shop-web-1     left over
`,
    );
  });

  it("are both stopped before they are removed if two old ones run", () => {
    const observed = [container("a1", old), container("b1", { ...old, name: temporary("a1"), created: 200 })];
    assert.equal(
      printed(desired({ order: "stop-first" }), observed),
      `
web@b: 2 running, 1 wanted, configuration changed; stop-first, 1 at a time
  create  b1_shop-web-1     configuration changed
  stop    a1_shop-web-1     replaced
  stop    shop-web-1        replaced
  start   b1_shop-web-1     replacement  and wait: healthy
  remove  a1_shop-web-1     replaced
  remove  shop-web-1        replaced
  rename  b1_shop-web-1 -> shop-web-1 replaces it
`,
    );
  });
});
