import { after, before, describe, it, type TestContext } from "node:test";
import { bedMissing } from "../support/bed.js";
import { KillWalk, victims } from "../support/kill-walk.js";
import { scene } from "../support/scene.js";

const skip = bedMissing() ?? (process.env.K2_TEST_HOSTS && "it kills engines of the test bed") ?? false;
/** K2_EVERY=5 takes every fifth moment. */
const every = Number(process.env.K2_EVERY ?? 1);
/** K2_ONLY="engine.*roll" takes what is called so. */
const only = new RegExp(process.env.K2_ONLY ?? "");

describe("a run that is cut off at any request", { skip }, () => {
  const stage = scene({ hosts: ["kw"] });
  let walk: KillWalk;
  let report: (text: string) => void = () => undefined;
  before(async () => {
    walk = await KillWalk.start(stage, "kw", (text) => report(text));
  });
  after(() => walk.close());

  for (const victim of victims) {
    const must = (what: string, work: () => Promise<void>) => {
      const name = `because ${victim} is killed must be continued by the next ${what}`;
      it(name, { skip: !only.test(name) }, (test: TestContext) => {
        report = (text) => test.diagnostic(text);
        return work();
      });
    };
    must("`up`: create", () => walk.creation(victim, every));
    must("`up`: roll, start-first", () => walk.roll(victim, "start-first", every));
    must("`up`: roll, stop-first", () => walk.roll(victim, "stop-first", every));
    must("`down`", () => walk.deletion(victim, every));
  }
});
