import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { containersOf, networksLeft } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";
import { idle } from "../../support/model/idle-service.js";
import type { Workspace } from "../../support/cli/workspace.js";

describe("two stacks with one project name on one engine", { skip: bedMissing() }, () => {
  const { host, workspace } = useBed({ hosts: ["a"] });
  let first: Workspace;
  let second: Workspace;
  before(async () => {
    const env = { DOCKER_HOST: host("a").address };
    first = await workspace("owner", { files: { "compose.yml": services("one") }, env });
    await first.mustPulumi("up", "--yes", "--skip-preview");
    const file = `name: ${first.project}\n${services("two")}`;
    second = await workspace("rival", { files: { "compose.yml": file }, env });
  });

  it("must be reported to the second in a preview: by stock Pulumi, and by k2-compose", async () => {
    const refused = `belongs to the stack organization/${first.project}/dev: refused without --take-over`;
    const stock = await second.mustPulumi("preview");
    const { stdout } = await second.cli("preview", "--stack", "dev");
    for (const name of [`${first.project}-web-1`, `${first.project}_default`]) {
      assert.ok(stock.includes(`${name} ${refused}`), stock);
      assert.ok(stdout.includes(refused), stdout);
    }
    assert.doesNotMatch(stock + stdout, /no restart|adopt network/);
    const allowed = await second.cli("preview", "--stack", "dev", "--take-over");
    assert.doesNotMatch(allowed.stdout, /refused/);
  });

  it("must make the second fail with the name of the first, and keep the running containers", async () => {
    const before = await containers();
    const { code, stdout } = await second.pulumi("up", "--yes", "--skip-preview");
    assert.notEqual(code, 0);
    assert.match(stdout, new RegExp(`belongs to the stack organization/${first.project}/dev`));
    assert.match(stdout, /k2-compose:takeOver/);
    assert.deepEqual(await containers(), before);
  });

  it("must keep the first's resources when the second is destroyed", async () => {
    const before = await containers();
    await second.mustPulumi("destroy", "--yes", "--skip-preview");
    assert.deepEqual(await containers(), before);
  });

  it("must let the second take over with k2-compose:takeOver", async () => {
    await second.mustPulumi("config", "set", "k2-compose:takeOver", "true");
    await second.mustPulumi("up", "--yes", "--skip-preview");
    const [one] = await containersOf(host("a"), first.project);
    assert.deepEqual(one!.Config.Env.includes("WHOSE=two"), true);
    await second.mustPulumi("config", "rm", "k2-compose:takeOver");
    await second.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
  });

  it("must keep the second's resources from then on", async () => {
    const before = await containers();
    const { code } = await first.pulumi("up", "--yes", "--skip-preview");
    assert.notEqual(code, 0);
    await first.mustPulumi("destroy", "--yes", "--skip-preview");
    assert.deepEqual(await containers(), before);
  });

  it("must let the new owner change and remove what it took over", async () => {
    const files = { "compose.yml": `name: ${first.project}\n${services("two")}` };
    const newOwner = await workspace("newOwner", { files, env: { DOCKER_HOST: host("a").address } });
    const before = await containers();
    await newOwner.mustPulumi("config", "set", "k2-compose:takeOver", "true");
    await newOwner.mustPulumi("up", "--yes", "--skip-preview");
    assert.deepEqual(await containers(), before);
    await newOwner.mustPulumi("config", "rm", "k2-compose:takeOver");
    newOwner.write("compose.yml", `name: ${first.project}\n${services("mine")}`);
    await newOwner.mustPulumi("up", "--yes", "--skip-preview");
    await newOwner.mustPulumi("destroy", "--yes", "--skip-preview");
    assert.deepEqual(await containers(), []);
    assert.deepEqual(await networksLeft(host("a"), first.project), []);
  });

  async function containers(): Promise<string[]> {
    const found = await containersOf(host("a"), first.project);
    return found.map(({ Name, Id, State }) => `${Name} ${Id} ${State.Status}`);
  }
});

function services(whose: string): string {
  return `services:\n  web:\n    ${idle}\n    environment: { WHOSE: ${whose} }\n`;
}
