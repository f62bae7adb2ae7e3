import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Layers } from "../../../cli/images/pull-layers.js";

describe("layers of a pull", () => {
  it("must keep the order in which they came", () => {
    const layers = new Layers();
    layers.add({ status: "Pulling from library/busybox", id: "latest" });
    layers.add({ status: "Already exists", id: "aaa" });
    layers.add({ status: "Pulling fs layer", id: "bbb" });
    layers.add({
      status: "Downloading",
      id: "ccc",
      progressDetail: { current: 1_250_000, total: 3_400_000 },
    });
    layers.add({ status: "Extracting", id: "bbb", progressDetail: { current: 3 } });
    assert.deepEqual(layers.moving(), ["bbb: Extracting", "ccc: Downloading 1.3/3.4 MB"]);
    layers.add({ status: "Pull complete", id: "ccc", progressDetail: {} });
    layers.add({ status: "Pull complete", id: "bbb" });
    layers.add({ status: "Digest: sha256:0" });
    assert.deepEqual(layers.moving(), []);
    assert.deepEqual(layers.settled(), [
      "latest: Pulling from library/busybox",
      "aaa: Already exists",
      "bbb: Pull complete",
      "ccc: Pull complete",
    ]);
  });
});
