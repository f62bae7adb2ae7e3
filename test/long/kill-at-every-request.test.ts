import { after, before, describe, it, type TestContext } from "node:test";
import { bedMissing } from "../support/bed/bed.js";
import { KillTest, killTargets } from "../support/random/kill-test.js";
import { useBed } from "../support/bed/use-bed.js";

const skip = bedMissing() ?? (process.env.K2_TEST_HOSTS && "it kills engines of the test bed") ?? false;
/** K2_EVERY=5 tests every fifth request. */
const every = Number(process.env.K2_EVERY ?? 1);
/** K2_ONLY="roll.*engine" runs the tests whose names match. */
const only = new RegExp(process.env.K2_ONLY ?? "");

describe("a run that is killed at any request", { skip }, () => {
  const bed = useBed({ hosts: ["kw"] });
  let killTest: KillTest;
  let report: (text: string) => void = () => undefined;
  before(async () => {
    killTest = await KillTest.start(bed, "kw", (text) => report(text));
  });
  after(() => killTest.close());

  for (const target of killTargets) {
    const must = (what: string, work: () => Promise<void>) => {
      const name = `must be continued by the next ${what} after ${target} was killed`;
      it(name, { skip: !only.test(name) }, (test: TestContext) => {
        report = (text) => test.diagnostic(text);
        return work();
      });
    };
    must("`up`: create", () => killTest.creation(target, every));
    must("`up`: roll, start-first", () => killTest.roll(target, "start-first", every));
    must("`up`: roll, stop-first", () => killTest.roll(target, "stop-first", every));
    must("`down`", () => killTest.deletion(target, every));
  }
});
