import assert from "node:assert/strict";
import { test } from "node:test";
import {
  replacedDependencies,
  unknownDependencies,
} from "../../provider/model/reconcile/dependency-restarts.js";
import { unknown } from "../../provider/model/unknown.js";

const last = { "db@a": ["1", "2"] };

test("a dependency is replaced where its containers are others, wherever they are", () => {
  assert.deepEqual(replacedDependencies({ "db@a": ["1", "2"] }, last), []);
  assert.deepEqual(replacedDependencies({ "db@a": ["1", "3"] }, last), ["db@a"]);
  assert.deepEqual(replacedDependencies({ "db@renamed": ["1", "2"] }, last), [], "the host has another name");
  assert.deepEqual(replacedDependencies({ "db@b": ["3"] }, last), ["db@b"], "it has moved");
});

test("nothing is restarted for what was not there before, or is not known yet", () => {
  assert.deepEqual(replacedDependencies({ "db@a": ["1"] }), []);
  assert.deepEqual(replacedDependencies({ "cache@a": ["1"] }, last), []);
  assert.deepEqual(replacedDependencies({ "db@a": unknown as never }, last), []);
});

test("what says restart: true only now is remembered, or its first change would be missed", () => {
  assert.deepEqual(unknownDependencies({ "db@a": ["1"], "cache@a": ["4"] }, last), ["cache@a"]);
  assert.deepEqual(unknownDependencies({ "db@a": ["1"] }, last), []);
  assert.deepEqual(unknownDependencies({ "cache@a": unknown as never }, last), []);
});
