import assert from "node:assert/strict";
import { test } from "node:test";
import {
  replacedDependencies,
  unknownDependencies,
} from "../../../provider/model/reconcile/dependency-restarts.js";
import { unknown } from "../../../provider/model/unknown.js";

const last = { "db@a": ["1", "2"] };

test("a dependency counts as replaced when its containers differ, on any host", () => {
  assert.deepEqual(replacedDependencies({ "db@a": ["1", "2"] }, last), []);
  assert.deepEqual(replacedDependencies({ "db@a": ["1", "3"] }, last), ["db@a"]);
  assert.deepEqual(replacedDependencies({ "db@renamed": ["1", "2"] }, last), [], "the host was renamed");
  assert.deepEqual(replacedDependencies({ "db@b": ["3"] }, last), ["db@b"], "the service has moved");
});

test("nothing is restarted for a new dependency, or for one that is not known yet", () => {
  assert.deepEqual(replacedDependencies({ "db@a": ["1"] }), []);
  assert.deepEqual(replacedDependencies({ "cache@a": ["1"] }, last), []);
  assert.deepEqual(replacedDependencies({ "db@a": unknown as never }, last), []);
});

test("a new restart: true is recorded, so that the first change is not missed", () => {
  assert.deepEqual(unknownDependencies({ "db@a": ["1"], "cache@a": ["4"] }, last), ["cache@a"]);
  assert.deepEqual(unknownDependencies({ "db@a": ["1"] }, last), []);
  assert.deepEqual(unknownDependencies({ "cache@a": unknown as never }, last), []);
});
