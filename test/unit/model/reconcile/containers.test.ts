import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { label } from "../../../../provider/model/labels.js";
import { textsOf } from "../../../../provider/model/reasons.js";
import { reconcile } from "../../../../provider/model/reconcile/reconcile.js";
import { container, desired, old, printed } from "../../../support/model/simulated-engine.js";

describe("containers of a service", () => {
  it("are created and started if there are none", () => {
    assert.equal(
      printed(desired({ replicas: 2, healthcheck: false }), []),
      `
web@b: 0 running, 2 wanted
  create  shop-web-1        new
  start   shop-web-1        new
  create  shop-web-2        new
  start   shop-web-2        new
`,
    );
    assert.equal(
      printed(desired(), []),
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
      printed(wanted, [
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
      printed(wanted, [container("a1"), container("a2", { number: 2 })]),
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
      printed(desired({ replicas: 4 }), observed),
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
    assert.match(printed(desired({ healthcheck: false }), [loop!]), /start .* wait: stable/);
    const begun = [container("a1", { state: "exited", exitCode: 1 })];
    assert.doesNotMatch(printed(desired({ healthcheck: false }), begun), /wait/);
    assert.match(
      printed(desired({ healthcheck: false, prove: true }), begun),
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
      printed(job, [container("a1", { state: "exited", exitCode: 0 })]),
      `
web@b: 0 running, 1 wanted
`,
    );
    assert.equal(
      printed(job, [container("a1", { state: "exited", exitCode: 2 })]),
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
      printed(desired({ naming: "legacy" }), [container("a1")]),
      `
web@b: 1 running, 1 wanted
  rename  shop-web-1 -> shop_web_1 its name
`,
    );
    assert.equal(
      printed(desired({ containerName: "www" }), []),
      `
web@b: 0 running, 1 wanted
  create  www               new
  start   www               new  and wait: healthy
`,
    );
  });
});
