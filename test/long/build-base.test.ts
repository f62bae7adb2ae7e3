import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { modernMissing } from "../support/bed/bed.js";
import { containersOf, engine } from "../support/bed/http-engine.js";
import { useBed } from "../support/bed/use-bed.js";
import type { Workspace } from "../support/cli/workspace.js";

// The builders of 2020 have no additional contexts. Current ones ask Docker Hub once about each name without a
// registry, as in every FROM; without internet access that takes ten seconds per engine.
describe("a service that is built from another's image", { skip: modernMissing() }, () => {
  const { host, workspace } = useBed({ hosts: [], modern: ["m", "n"] });
  let shop: Workspace;
  before(async () => {
    shop = await workspace("base", {
      files: {
        "compose.yml": `hosts: {m: "${host("m").address}", n: "${host("n").address}"}
services:
  app:
    build: {context: ./app, additional_contexts: {ground: "service:zero"}}
    host: m
    command: sleep 3600
    stop_signal: SIGKILL
  zero: {build: ./zero, host: n, scale: 0}
`,
        "app/Dockerfile": "FROM ground\nCOPY name /name\nRUN echo $GROUND > /ground\n",
        "app/name": "app\n",
        "zero/Dockerfile": "FROM k2-test/busybox:1\nARG OF=one\nLABEL ground=$OF\nENV GROUND=$OF\n",
      },
    });
  });
  const ground = async () => {
    const [app] = await containersOf(host("m"), shop.project);
    const { Labels, Env } = (
      await engine<{ Config: { Labels: Record<string, string>; Env: string[] } }>(
        host("m"),
        "GET",
        `/images/${app!.Image}/json`,
      )
    ).Config;
    assert.ok(Env.includes(`GROUND=${Labels["ground"]}`), Env.join());
    return Labels["ground"];
  };

  it("must be built after its base image, wherever that was built", async () => {
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    assert.equal(await ground(), "one");
    assert.deepEqual(await shop.preview(), []);
    await shop.mustPulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes");
  });

  it("must be rebuilt when its base image changes, and the preview must show it", async () => {
    shop.write("zero/Dockerfile", "FROM k2-test/busybox:1\nARG OF=two\nLABEL ground=$OF\nENV GROUND=$OF\n");
    const { stdout } = await shop.pulumi("preview");
    assert.match(stdout, /zero changes, which \S+-app is built from: will be built after it/);
    assert.match(stdout, /app@m\s+update/);
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    assert.equal(await ground(), "two");
    await shop.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
  });
});
