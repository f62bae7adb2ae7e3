import assert from "node:assert/strict";
import { test } from "node:test";
import { testResults, verdict } from "../support/scripts.js";
import type { SectionTime, TestResult } from "../support/scripts.js";

const { failuresByFile, slowestFiles, withSecondRun } = testResults;

function result(file: string, title: string, outcome: TestResult["outcome"] = "passed"): TestResult {
  return { kind: "test", file, title, outcome };
}

test("the results of a file that ran again replace its first results", () => {
  const results = [result("a", "starts", "failed"), result("a", "stops"), result("b", "pulls")];
  const again = [result("a", "starts"), result("a", "stops")];
  const merged = withSecondRun(results, again);
  assert.deepEqual([...failuresByFile(results)], [["a", ["starts"]]]);
  assert.deepEqual([...failuresByFile(merged)], []);
  assert.deepEqual(verdict({ results: merged, flaky: failuresByFile(results) }), {
    lines: ["FLAKY a: starts", "3 passed, 0 failed, 0 skipped; flaky files: 1"],
    good: true,
  });
});

test("a run fails by a failed test, a failed subtest, or three flaky files", () => {
  const flaky = (...files: string[]) => new Map(files.map((file) => [file, ["starts"]]));
  const good = (results: TestResult[], ...files: string[]) =>
    verdict({ results, flaky: flaky(...files) }).good;
  assert.equal(good([result("a", "starts"), result("a", "on Windows", "skipped")], "b", "c"), true);
  assert.equal(good([result("a", "starts")], "b", "c", "d"), false);
  assert.equal(good([result("a", "starts", "failed")]), false);
  assert.equal(good([result("a", "starts", "subtests failed")]), false);
});

test("a section over its budget fails the run; the time of other processes does not count, and many of them end the budget", () => {
  const results = [result("a", "starts")];
  const of = (...times: SectionTime[]) => verdict({ results, flaky: new Map(), times });
  assert.deepEqual(of({ section: "engine", seconds: 180, others: 0.04 }), {
    lines: ["engine: 180.0 s, budget 180 s", "1 passed, 0 failed, 0 skipped; flaky files: 0"],
    good: true,
  });
  assert.deepEqual(
    of({ section: "unit", seconds: 28, others: 0 }, { section: "stack", seconds: 721, others: 0 }),
    {
      lines: [
        "stack took longer than its budget: the run fails.",
        "unit: 28.0 s, budget 30 s",
        "stack: 721.0 s, budget 720 s",
        "1 passed, 0 failed, 0 skipped; flaky files: 0",
      ],
      good: false,
    },
  );
  assert.equal(of({ section: "stack", seconds: 950, others: 0.2 }).good, false);
  assert.deepEqual(of({ section: "stack", seconds: 3200, others: 0.7 }), {
    lines: [
      "stack: 3200.0 s, or 960.0 s without the 70 % of the processors that other processes used, budget 720 s (not held)",
      "1 passed, 0 failed, 0 skipped; flaky files: 0",
    ],
    good: true,
  });
  assert.equal(of({ section: "long", seconds: 9000, others: 0 }).good, true);
});

test("the files that took longest are listed first", () => {
  const file = (name: string, seconds: number): TestResult => ({ kind: "file", file: name, seconds });
  assert.deepEqual(slowestFiles([file("a", 1), file("b", 12.34), file("c", 2)], 2), [
    "   12.3 s  b",
    "    2.0 s  c",
  ]);
});
