import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { deadlineAfter, untilAborted } from "../../../provider/engine/connection/deadline.js";

test("a deadline counts only the time in which the process ran, and is never shorter than set", async () => {
  const begin = Date.now();
  const deadline = deadlineAfter(200);
  // Blocks the process, so that no timer runs.
  while (Date.now() - begin < 300);
  await sleep(20);
  // On a busy machine the sleep may take longer; a deadline expires after at most four times its duration.
  assert.ok(!deadline.expired() || Date.now() - begin >= 800, `${Date.now() - begin} ms`);
  while (!deadline.expired()) await sleep(5);
  assert.ok(Date.now() - begin >= 400, `${Date.now() - begin} ms`);
});

test("a deadline that is cleared never fires", async () => {
  const deadline = deadlineAfter(20);
  deadline.clear();
  await sleep(60);
  assert.equal(deadline.expired(), false);
});

test("many hosts can wait for one signal without a warning of Node.js", async () => {
  const warnings: Error[] = [];
  const note = (warning: Error) => void warnings.push(warning);
  process.on("warning", note);
  const { signal } = new AbortController();
  await Promise.all(Array.from({ length: 50 }, () => untilAborted(signal, sleep(1))));
  // Warnings are emitted in a later turn.
  await sleep(1);
  process.off("warning", note);
  assert.deepEqual(warnings, []);
});
