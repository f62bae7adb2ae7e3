import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { label } from "../../../provider/model/labels.js";
import { type Operation, printOperations } from "../../../provider/model/reconcile/operations.js";
import { textsOf } from "../../../provider/model/reasons.js";
import { reconcile } from "../../../provider/model/reconcile/reconcile.js";
import { container, desired } from "../../support/model/simulated-engine.js";

const old = { hash: "old" };

const temporary = (id: string) => `${id}_shop-web-1`;

function plan(...arguments_: Parameters<typeof reconcile>): string {
  return `\n${printOperations(reconcile(...arguments_))}\n`;
}

describe("containers of a service", () => {
  it("are created and started if there are none", () => {
    assert.equal(
      plan(desired({ replicas: 2, healthcheck: false }), []),
      `
web@b: 0 running, 2 wanted
  create  shop-web-1        new
  start   shop-web-1        new
  create  shop-web-2        new
  start   shop-web-2        new
`,
    );
    assert.equal(
      plan(desired(), []),
      `
web@b: 0 running, 1 wanted
  create  shop-web-1        new
  start   shop-web-1        new  and wait: healthy
`,
    );
  });

  it("run pre_start before the first start, if no replica keeps running", () => {
    const preStart = { perService: [0, 2], perReplica: [1] };
    const wanted = desired({ replicas: 3, healthcheck: false, preStart });
    assert.equal(
      plan(wanted, [
        container("a1", { ...old, state: "exited" }),
        container("a2", { number: 2, state: "exited" }),
      ]),
      `
web@b: 0 running, 3 wanted, configuration changed; start-first, 1 at a time
  create  a1_shop-web-1     configuration changed
  pre_start a1_shop-web-1 [0][1][2] replacement
  start   a1_shop-web-1     replacement
  remove  shop-web-1        replaced
  rename  a1_shop-web-1 -> shop-web-1 replaces it
  pre_start shop-web-2 [1]    is exited
  start   shop-web-2        is exited
  create  shop-web-3        replica is missing
  pre_start shop-web-3 [1]    replica is missing
  start   shop-web-3        replica is missing
`,
    );
    assert.equal(
      plan(wanted, [container("a1"), container("a2", { number: 2 })]),
      `
web@b: 2 running, 3 wanted
  create  shop-web-3        replica is missing
  pre_start shop-web-3 [1]    replica is missing
  start   shop-web-3        replica is missing
`,
    );
    const first = reconcile(desired({ replicas: 2, preStart }), []);
    assert.deepEqual(
      first.stages.map((stage) => stage.map(({ steps }) => steps.map(({ op }) => op).join())),
      [["create,pre_start,start"], ["create,pre_start,start"]],
      "the others wait for the hooks",
    );
    const [[swap] = []] = reconcile(wanted, [container("a1", old)]).stages;
    assert.equal(swap?.steps[swap.undoable - 1]?.op, "start", "a hook that fails is undone like a start");
  });

  it("are unchanged if all are up to date", () => {
    const operations = reconcile(desired({ replicas: 2 }), [container("a1"), container("a2", { number: 2 })]);
    assert.deepEqual(operations, {
      summary: "web@b: 2 running, 2 wanted",
      reasons: [],
      stages: [],
      kept: ["shop-web-1", "shop-web-2"],
    });
  });

  it("are started if stopped and unpaused if paused, each with a reason", () => {
    const observed = [
      container("a1", { state: "exited", exitCode: 1 }),
      container("a2", { number: 2, state: "paused" }),
      container("a3", { number: 3, state: "created" }),
      container("a4", { number: 4, state: "restarting" }),
    ];
    assert.equal(
      plan(desired({ replicas: 4 }), observed),
      `
web@b: 0 running, 4 wanted
  start   shop-web-1        is exited  and wait: healthy
  unpause shop-web-2        is paused  and wait: healthy
  start   shop-web-3        was never started  and wait: healthy
  stop    shop-web-4        is restarting
  start   shop-web-4        is restarting  and wait: healthy
`,
    );
    const [, , , loop] = observed;
    assert.match(plan(desired({ healthcheck: false }), [loop!]), /start .* wait: stable/);
    const begun = [container("a1", { state: "exited", exitCode: 1 })];
    assert.doesNotMatch(plan(desired({ healthcheck: false }), begun), /wait/);
    assert.match(
      plan(desired({ healthcheck: false, prove: true }), begun),
      /wait: stable/,
      "after a failed run",
    );
    assert.deepEqual(textsOf(reconcile(desired({ replicas: 4 }), observed).reasons), [
      "shop-web-1 is exited: will be started",
      "shop-web-2 is paused: will be unpaused",
      "shop-web-3 was never started: will be started",
      "shop-web-4 is restarting: will be restarted",
    ]);
  });

  it("are complete if they are of a job and exited with 0; a failed job runs again", () => {
    const job = desired({ job: true });
    assert.equal(
      plan(job, [container("a1", { state: "exited", exitCode: 0 })]),
      `
web@b: 0 running, 1 wanted
`,
    );
    assert.equal(
      plan(job, [container("a1", { state: "exited", exitCode: 2 })]),
      `
web@b: 0 running, 1 wanted
  start   shop-web-1        is exited
`,
    );
  });

  it("are adopted unchanged if docker compose created them", () => {
    const own = container("a1");
    delete own.labels[label.stack];
    delete own.labels[label.image];
    assert.deepEqual(reconcile(desired({ filesHash: "f" }), [own]).kept, ["shop-web-1"]);
  });

  it("are named by `naming` or container_name", () => {
    assert.equal(
      plan(desired({ naming: "legacy" }), [container("a1")]),
      `
web@b: 1 running, 1 wanted
  rename  shop-web-1 -> shop_web_1 its name
`,
    );
    assert.equal(
      plan(desired({ containerName: "www" }), []),
      `
web@b: 0 running, 1 wanted
  create  www               new
  start   www               new  and wait: healthy
`,
    );
  });
});

describe("an update", () => {
  it("starts the new container before it stops the old one: start-first", () => {
    assert.equal(
      plan(desired(), [container("a1", old)]),
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
      plan(desired({ healthcheck: false }), [container("a1", old)]),
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
      plan(wanted, [container("a1"), container("a2", { number: 2 })]),
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
      plan(desired(), observed),
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
      plan(desired({ replicas: 4 }), [container("a1"), container("a3", { number: 3 })]),
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
      plan(desired({ replicas: 2 }), observed),
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
      plan(desired({ replicas: 0 }), [container("a1")]),
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
      plan(desired(), observed),
      `
web@b: 1 running, 1 wanted
  start   shop-web-1        is exited  and wait: healthy
  stop    shop-web-2        one too many
  remove  shop-web-2        one too many
`,
    );
    assert.equal(
      plan(desired({ order: "stop-first" }), observed),
      `
web@b: 1 running, 1 wanted
  stop    shop-web-2        one too many
  remove  shop-web-2        one too many
  start   shop-web-1        is exited  and wait: healthy
`,
    );
  });
});

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
        plan(desired(), [
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
      plan(desired(), [container("a1", old), left]),
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
      plan(desired(), [container("b1", { name: temporary("a1") })]),
      `
web@b: 1 running, 1 wanted
  rename  a1_shop-web-1 -> shop-web-1 its name
`,
    );
  });

  it("are reduced to the running one of two that match, then to the one with the name", () => {
    const spare = container("b1", { name: temporary("a1"), created: 200 });
    assert.equal(
      plan(desired(), [container("a1"), spare]),
      `
web@b: 2 running, 1 wanted; start-first, 1 at a time
  stop    a1_shop-web-1     left over
  remove  a1_shop-web-1     left over
`,
    );
    const done = container("a1", { state: "exited", exitCode: 0 });
    assert.equal(
      plan(desired({ job: true }), [done, { ...spare, state: "created" }]),
      `
web@b: 0 running, 1 wanted; start-first, 1 at a time
  remove  a1_shop-web-1     left over
`,
    );
  });

  it("are both stopped before they are removed if two old ones run", () => {
    const observed = [container("a1", old), container("b1", { ...old, name: temporary("a1"), created: 200 })];
    assert.equal(
      plan(desired({ order: "stop-first" }), observed),
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

describe("dependencies and namespaces", () => {
  it("are checked before anything starts, and only then", () => {
    const gates = ["redis@as healthy", "db@as completed"];
    assert.equal(
      plan(desired({ gates }), [container("a1", old)]),
      `
web@b: 1 running, 1 wanted, configuration changed; start-first, 1 at a time
  gate    redis@as healthy  must be met first
  gate    db@as completed   must be met first
  create  a1_shop-web-1     configuration changed
  start   a1_shop-web-1     replacement  and wait: healthy
  stop    shop-web-1        replaced
  remove  shop-web-1        replaced
  rename  a1_shop-web-1 -> shop-web-1 replaces it
`,
    );
    assert.equal(
      plan(desired({ gates, replicas: 0 }), [container("a1")]),
      `
web@b: 1 running, 0 wanted
  stop    shop-web-1        one too many
  remove  shop-web-1        one too many
`,
    );
  });

  it("restart a dependent after a replacement, with restart: true", () => {
    assert.equal(
      plan(desired({ restartFor: ["db@b"] }), [container("a1")]),
      `
web@b: 1 running, 1 wanted
  stop    shop-web-1        db@b was replaced
  start   shop-web-1        db@b was replaced  and wait: healthy
`,
    );
  });

  it("restart a container whose namespace was removed", () => {
    const lost = container("a1", { lost: "the network of shop-db-1" });
    const operations = reconcile(desired(), [lost]);
    assert.equal(
      `\n${printOperations(operations)}\n`,
      `
web@b: 1 running, 1 wanted
  stop    shop-web-1        has lost the network of shop-db-1
  start   shop-web-1        has lost the network of shop-db-1  and wait: healthy
`,
    );
    assert.deepEqual(textsOf(operations.reasons), [
      "shop-web-1 has lost the network of shop-db-1: will be restarted",
    ]);
  });

  it("put the replacement of a namespace's owner last, and omit it after a failure", () => {
    const observed = [1, 2, 3].map((number) => container(`a${number}`, { ...old, number }));
    const { stages } = reconcile(desired({ replicas: 4, lends: true }), observed);
    assert.deepEqual(
      stages.map((stage) =>
        stage.map(({ steps, lends = false }) => [steps.at(-1)!.op, nameIn(steps), lends]),
      ),
      [
        [["rename", "shop-web-2", false]],
        [["rename", "shop-web-3", false]],
        [["start", "shop-web-4", false]],
        [["rename", "shop-web-1", true]],
      ],
    );
  });
});

function nameIn(steps: Operation[]): string {
  const last = steps.at(-1)!;
  return last.op === "rename" ? last.name : "container" in last ? last.container.label : last.op;
}
