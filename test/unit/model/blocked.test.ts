import assert from "node:assert/strict";
import { test } from "node:test";
import { blockedServices, skippedServices } from "../../../provider/model/changes/blocked.js";
import { planned } from "../../support/model/plans.js";
import { project } from "../../support/model/project.js";

const chain = project(
  {
    db: { host: "b", health_check: { socket: "b:5432" } },
    web: { host: "a", s_depends_on: ["db"] },
    front: { host: "a", s_depends_on: ["web"] },
    other: { host: "a" },
  },
  { a: {}, b: {} },
);
const all = planned(chain);
const everything = new Set(all.nodes.map(({ id }) => id));

test("a resource that depends on an unreachable host is blocked, also indirectly", () => {
  const outcome = { pending: everything, failed: new Set<string>(), away: new Set(["b"]) };
  assert.deepEqual(blockedServices(all, outcome), [
    "web@a is blocked: it waits for the health check of db@b, and b does not answer",
    "front@a is blocked: it waits for the health check of db@b, and b does not answer",
  ]);
});

test("a resource that depends on a failed one is blocked", () => {
  const outcome = { pending: everything, failed: new Set(["service web@a"]), away: new Set<string>() };
  assert.deepEqual(blockedServices(all, outcome), [
    "front@a is blocked: it waits for web@a, and that failed",
  ]);
  const both = { ...outcome, failed: new Set(["service db@b", "service web@a"]) };
  assert.deepEqual(blockedServices(all, both), ["front@a is blocked: it waits for web@a, and that failed"]);
});

test("a resource without a change is not blocked, and does not block others on an unreachable host", () => {
  const pending = new Set(["service front@a", "service web@a"]);
  assert.deepEqual(blockedServices(all, { pending, failed: new Set(), away: new Set(["b"]) }), []);
});

test("if only the unfinished resources are known, those count as failed that depend on no other unfinished one", () => {
  const below = ["service db@b", "healthCheck db@b", "service web@a", "service front@a"];
  assert.deepEqual(skippedServices(all, new Set(below)), [
    "web@a is blocked: it waits for db@b, and that failed",
    "front@a is blocked: it waits for db@b, and that failed",
  ]);
  assert.deepEqual(skippedServices(all, new Set(["host b", ...below])), [
    "db@b is blocked: it waits for the host b, and that failed",
    "web@a is blocked: it waits for the host b, and that failed",
    "front@a is blocked: it waits for the host b, and that failed",
  ]);
  assert.deepEqual(skippedServices(all, new Set(["service other@a"])), []);
});
