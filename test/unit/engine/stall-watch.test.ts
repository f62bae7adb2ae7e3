import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type ProgressLine } from "../../../provider/engine/images/progress.js";
import { StallWatch } from "../../../provider/engine/images/stall-watch.js";

describe("a transfer whose registry stalls", () => {
  /** Repeats the last line, as engines with the containerd image store do, and returns the result of the watch. */
  const result = async (lines: ProgressLine[], rounds: number) => {
    const warnings: string[] = [];
    const watch = new StallWatch("shop.example:5000", {
      timeout: 0.1,
      onSlow: (text) => warnings.push(text),
    });
    for (const line of lines) watch.line(line);
    for (let round = 0; round < rounds && !watch.signal.aborted; round++) {
      const last = lines.at(-1);
      if (last) watch.line(last);
      await sleep(5);
    }
    watch.end();
    const { reason } = watch.signal as { reason?: unknown };
    return { warnings, failure: reason instanceof Error ? reason.message : undefined };
  };
  const downloading = (current: number, id = "aa") => ({
    ...{ id, status: "Downloading" },
    progressDetail: { current, total: 100 },
  });

  it("must fail once nothing has changed for the whole timeout, whatever the engine repeats", async () => {
    for (const lines of [[], [downloading(1), downloading(2)], [{ id: "aa", status: "Pushed" }]]) {
      const { warnings, failure } = await result(lines, 1000);
      assert.deepEqual(warnings, [
        "waiting for shop.example:5000: no byte for 0.05 s, the transfer fails after 0.1 s",
      ]);
      assert.match(failure ?? "", /^no byte from shop\.example:5000 for 0\.1 s\n.*`x-pull-timeout: 20m`/);
    }
  });

  it("must not fail while the engine unpacks the image, or has no slot for the layer", async () => {
    const complete = { id: "aa", status: "Download complete" };
    for (const status of ["Download complete", "Verifying Checksum", "Extracting", "Waiting"])
      assert.deepEqual(await result([complete, { id: "bb", status }], 60), {
        warnings: [],
        failure: undefined,
      });
    assert.match(
      (await result([complete, downloading(1, "bb")], 1000)).failure ?? "",
      /^no byte/,
      "another layer",
    );
  });
});
