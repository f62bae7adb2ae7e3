import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Operation, printOperations } from "../../../../provider/model/reconcile/operations.js";
import { textsOf } from "../../../../provider/model/reasons.js";
import { reconcile } from "../../../../provider/model/reconcile/reconcile.js";
import { container, desired, old, printed } from "../../../support/model/simulated-engine.js";

describe("dependencies and namespaces", () => {
  it("are checked before anything starts, and only then", () => {
    const gates = ["redis@as healthy", "db@as completed"];
    assert.equal(
      printed(desired({ gates }), [container("a1", old)]),
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
      printed(desired({ gates, replicas: 0 }), [container("a1")]),
      `
web@b: 1 running, 0 wanted
  stop    shop-web-1        one too many
  remove  shop-web-1        one too many
`,
    );
  });

  it("restart a dependent after a replacement, with restart: true", () => {
    assert.equal(
      printed(desired({ restartFor: ["db@b"] }), [container("a1")]),
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
