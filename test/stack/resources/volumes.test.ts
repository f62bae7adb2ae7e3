import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { containersOf, engine, volumesOf } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";
import { idle } from "../../support/model/idle-service.js";
import type { Workspace } from "../../support/cli/workspace.js";

const compose = (project: string, volume = "") => `name: ${project}
services:
  db:
    ${idle}
    volumes: ["data:/data"]
volumes:
  data:
${volume}`;

describe("a named volume", { skip: bedMissing() }, () => {
  const { host, workspace } = useBed({ hosts: ["a"] });
  let shop: Workspace;
  let name: string;
  before(async () => {
    shop = await workspace("volumes", { env: { DOCKER_HOST: host("a").address } });
    name = `${shop.project}_data`;
    shop.write("compose.yml", compose(shop.project));
    await shop.mustPulumi("up", "--yes", "--skip-preview");
  });

  it("must survive `destroy`, and be used again", async () => {
    const created = await createdAt();
    await shop.mustPulumi("destroy", "--yes", "--skip-preview");
    assert.deepEqual(await containersOf(host("a"), shop.project), []);
    assert.equal(await createdAt(), created);
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    assert.equal(await createdAt(), created);
  });

  it("must not be recreated for another definition, unless k2-compose:recreateVolumes is set", async () => {
    const created = await createdAt();
    shop.write("compose.yml", compose(shop.project, '    labels: { tier: "2" }\n'));
    const refused = await shop.pulumi("up", "--yes", "--skip-preview");
    assert.notEqual(refused.code, 0);
    assert.match(refused.stdout, new RegExp(`volume ${name} exists with another definition`));
    assert.match(refused.stdout, /pulumi config set k2-compose:recreateVolumes true/);
    assert.equal(await createdAt(), created);
    const [db] = await containersOf(host("a"), shop.project);
    assert.equal(db!.State.Status, "running");
  });

  it("must be recreated empty with k2-compose:recreateVolumes", async () => {
    const created = await createdAt();
    await shop.mustPulumi("config", "set", "k2-compose:recreateVolumes", "true");
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    assert.notEqual(await createdAt(), created);
    await shop.mustPulumi("config", "rm", "k2-compose:recreateVolumes");
    await shop.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
    const [db] = await containersOf(host("a"), shop.project);
    assert.equal(db!.State.Status, "running");
  });

  it("must be removed by `destroy` with k2-compose:volumes remove", async () => {
    await shop.mustPulumi("config", "set", "k2-compose:volumes", "remove");
    await shop.mustPulumi("destroy", "--yes", "--skip-preview", "--run-program");
    assert.deepEqual(await volumesOf(host("a"), shop.project), []);
  });

  async function createdAt(): Promise<string> {
    return (await engine<{ CreatedAt: string }>(host("a"), "GET", `/volumes/${name}`)).CreatedAt;
  }
});
