import assert from "node:assert/strict";
import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { bedMissing } from "../support/bed/bed.js";
import { containersOf } from "../support/bed/http-engine.js";
import { useBed } from "../support/bed/use-bed.js";
import { idle } from "../support/model/idle-service.js";

// Pulumi tries to write the state for half a minute.
describe("a run whose state cannot be saved", { skip: bedMissing() ?? false }, () => {
  const { host, folder } = useBed({ hosts: ["a"] });

  it("must end with exit code 1 and the remedy, and be continued by the next `up`", async () => {
    const file = (check: string) => `services:
  web:
    ${idle}
    health_check: { shell: "${check}" }
  after:
    ${idle}
    depends_on: [web]
`;
    const shop = folder("unsaved", {
      files: { "compose.yml": file("true") },
      env: { DOCKER_HOST: host("a").address },
    });
    const stacks = join(shop.home, ".k2-compose/state/.pulumi/stacks");
    // It runs on the operator's machine, in the middle of the run.
    shop.write("compose.yml", file(`mv ${stacks} ${stacks}.away && touch ${stacks}`));
    const { code, stderr } = await shop.cli("up");
    rmSync(stacks);
    renameSync(`${stacks}.away`, stacks);
    assert.equal(code, 1, stderr);
    assert.match(
      stderr,
      /^error: pulumi: writing snapshot: .* not a directory\n {2}What was done stays on the hosts: .*by its labels\.$/m,
    );
    assert.match(stderr, /^error: the state was not saved\n {2}\d done\.$/m);
    const before = (await containersOf(host("a"), shop.project)).map(({ Id }) => Id).sort();
    assert.equal(before.length, 2);
    shop.write("compose.yml", file("true"));
    await shop.mustCli("up");
    assert.deepEqual((await containersOf(host("a"), shop.project)).map(({ Id }) => Id).sort(), before);
    assert.match(await shop.mustCli("up"), /Nothing to do/);
  });
});
