import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { deadlineAfter } from "../../../provider/engine/connection/deadline.js";

test("a deadline counts only the time in which the process ran, and is never shorter than set", async () => {
  const begin = Date.now();
  const deadline = deadlineAfter(200);
  // Nobody gets to read anything in the meantime.
  while (Date.now() - begin < 300);
  await sleep(20);
  // Where this machine is so busy that even that took long, four times as much has passed.
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
