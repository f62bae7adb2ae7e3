import assert from "node:assert/strict";
import { test } from "node:test";
import { didNothing, printTally, tallyOf } from "../../../../cli/deployment/tally.js";
import { prepare } from "../../../../provider/planning/prepare.js";

const compose = `name: shop
hosts: { a: "a:2375", b: "b:2375" }
services:
  db: { image: x, host: a }
  web: { image: x, host: a, depends_on: [db] }
  far: { image: x, host: b }
  old: { image: x, host: a }
`;
const { plan } = await prepare({ cwd: "/p", env: {}, files: ["c.yml"], read: () => compose, base: "/p" });
const services = ["db@a", "web@a", "far@b", "old@a"];
const pending = new Set(services.map((name) => `service ${name}`));
const one = (name: string) => ({ kind: "Service", name, op: "create", seconds: 1 });
const [none, b] = [new Set<string>(), new Set(["b"])];

test("every planned change must be counted once: done, failed, blocked by a failure, or not reached", () => {
  const results = { done: [one("old@a"), one("other@a")], failed: [one("db@a")] };
  assert.deepEqual(tallyOf({ plan, pending, away: b }, results), {
    done: ["service old@a"],
    failed: ["service db@a"],
    blocked: ["service web@a"],
    unreached: ["service far@b"],
    kept: [],
  });
  const more = new Set([...pending, "service gone@a", "host a", "image x", "image x@a"]);
  assert.equal(
    printTally(tallyOf({ plan, pending: more, away: b }, results)),
    "1 done, 1 not done, 1 blocked, 2 not reached, 1 not removed",
  );
});

test("a run must count as doing nothing if it made other changes than the planned ones", () => {
  const nothing = (done: string[], failed: string[] = [], away = none) =>
    didNothing({ plan, pending, away }, { done: done.map(one), failed: failed.map(one) });
  assert.ok(nothing([]));
  assert.ok(nothing(["other@a"]));
  assert.ok(!nothing(["db@a"]));
  assert.ok(!nothing([], ["db@a"]));
  assert.ok(!nothing([], [], new Set(["a", "b"])), "nothing is expected of hosts that do not answer");
  assert.ok(!didNothing({ plan, pending: none, away: none }, { done: [], failed: [] }));
});
