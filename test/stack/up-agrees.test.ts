import { describe, it } from "node:test";
import { compareAnswers } from "../support/agreement.js";
import { bedMissing } from "../support/bed.js";
import { scene } from "../support/scene.js";

describe("`k2-compose preview`", { skip: bedMissing() }, () => {
  const stage = scene({ hosts: ["a", "b"] });

  // The same walk every time; test/long takes another one each time.
  it("must foretell what stock `pulumi preview` does, whatever was edited or meddled with", async () => {
    await compareAnswers(stage, 12, Number(process.env.K2_SEED ?? 4));
  });
});
