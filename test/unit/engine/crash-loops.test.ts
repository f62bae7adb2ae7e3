import assert from "node:assert/strict";
import test from "node:test";
import { isYoung } from "../../../provider/engine/observe/crash-loops.js";
import { container } from "../../support/model/simulated-engine.js";

test("the age of a container is read from the status in the list", () => {
  const young = (status: string, seconds: number) => isYoung(container("a1", { status }), seconds);
  assert.deepEqual(
    ["Up Less than a second", "Up Less than a second (health: starting)", "Up 1 second", "Up 3 hours"].map(
      (status) => young(status, 0),
    ),
    [true, true, false, false],
  );
  assert.deepEqual(
    ["Up 1 second", "Up 59 seconds (healthy)", "Up About a minute", "Up 2 minutes", "Up About an hour"].map(
      (status) => young(status, 90),
    ),
    [true, true, true, false, false],
  );
  assert.equal(isYoung(container("a1", { state: "exited", status: "Exited (1) 2 seconds ago" }), 90), false);
  assert.equal(isYoung(container("a1"), 90), false, "without a status");
});
