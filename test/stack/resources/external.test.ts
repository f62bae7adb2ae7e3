import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import type { ComposeFolder } from "../../support/cli/compose-folder.js";
import { containersOf, engine } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";
import { idle } from "../../support/model/idle-service.js";

describe("external networks and volumes", { skip: bedMissing() }, () => {
  const { host, folder, cleanUp } = useBed({ hosts: ["a"] });
  let shop: ComposeFolder;
  let outer: string;
  const created = () => `/networks/${outer}`;
  before(() => {
    shop = folder("external", { env: { DOCKER_HOST: host("a").address } });
    outer = `${shop.project}-outer`;
    shop.write(
      "compose.yml",
      `services:
  web:
    ${idle}
    networks: [outer]
    volumes: ["data:/data"]
  other:
    ${idle}
networks:
  outer: { external: true, name: ${outer} }
volumes:
  data: { external: true, name: ${outer} }
`,
    );
  });
  cleanUp(async () => {
    await engine(host("a"), "DELETE", created()).catch(() => undefined);
    await engine(host("a"), "DELETE", `/volumes/${outer}`).catch(() => undefined);
  });
  const names = async () =>
    (await containersOf(host("a"), shop.project)).map(({ Name }) => Name.slice(shop.project.length + 1));

  it("must be reported as missing by a preview, and by `up` before it changes anything", async () => {
    const preview = await shop.mustCli("preview");
    assert.match(
      preview,
      new RegExp(`network ${outer}  is external, and does not exist.*network create ${outer}`),
    );
    assert.match(
      preview,
      new RegExp(`volume ${outer}  is external, and does not exist.*volume create ${outer}`),
    );
    const { code, stderr } = await shop.cli("up");
    assert.equal(code, 7);
    assert.match(stderr, new RegExp(`network ${outer} is external, and does not exist`));
    assert.deepEqual(await names(), ["other-1"]);
  });

  it("must be used once they exist, need no second change, and be kept", async () => {
    await engine(host("a"), "POST", "/networks/create", { Name: outer });
    await engine(host("a"), "POST", "/volumes/create", { Name: outer });
    const stdout = await shop.mustCli("up");
    assert.match(stdout, new RegExp(`= network ${outer}  is external: used as it is`));
    assert.deepEqual(await names(), ["other-1", "web-1"]);
    assert.match(await shop.mustCli("up"), /Nothing to do/);
    await shop.mustCli("down", "-v");
    await engine(host("a"), "GET", created());
    await engine(host("a"), "GET", `/volumes/${outer}`);
  });
});
