import { after, before, describe, it, type TestContext } from "node:test";
import { bedMissing } from "../support/bed.js";
import { KillWalk, victims } from "../support/kill-walk.js";
import { scene } from "../support/scene.js";

const skip = bedMissing() ?? (process.env.K2_TEST_HOSTS && "it kills engines of the test bed") ?? false;
/** K2_EVERY=5 takes every fifth moment. */
const every = Number(process.env.K2_EVERY ?? 1);

describe("a run that is cut off at any request", { skip }, () => {
  const stage = scene({ hosts: ["kw"] });
  let walk: KillWalk;
  let report: (text: string) => void = () => undefined;
  before(async () => {
    walk = await KillWalk.start(stage, "kw", (text) => report(text));
  });
  after(() => walk.close());

  const reported = (work: () => Promise<void>) => (test: TestContext) => {
    report = (text) => test.diagnostic(text);
    return work();
  };

  for (const victim of victims) {
    describe(`because ${victim} is killed`, () => {
      it(
        "must be continued by the next `up`: create",
        reported(() => walk.creation(victim, every)),
      );
      it(
        "must be continued by the next `up`: roll, start-first",
        reported(() => walk.roll(victim, "start-first", every)),
      );
      it(
        "must be continued by the next `up`: roll, stop-first",
        reported(() => walk.roll(victim, "stop-first", every)),
      );
      it(
        "must be continued by the next `down`",
        reported(() => walk.deletion(victim, every)),
      );
    });
  }
});
