import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { containersOf, networksLeft, networksOf, volumesOf } from "../../support/bed/http-engine.js";
import { named, useBed } from "../../support/bed/use-bed.js";
import { idle } from "../../support/model/idle-service.js";
import type { Workspace } from "../../support/cli/workspace.js";

const services = (web: string, db: string) => `services:
  web:
    ${idle}
    host: ${web}
    volumes: ["data:/data"]
  db:
    ${idle}
    host: ${db}
volumes:
  data:
`;

describe("names of hosts", { skip: bedMissing() }, () => {
  const { host, workspace } = useBed({ hosts: ["a"] });
  let shop: Workspace;
  let first: string[];
  const hosts = (...names: string[]) =>
    `hosts:\n${names.map((name) => `  ${name}: ${host("a").address}\n`).join("")}`;
  before(async () => {
    shop = await workspace("rename", { files: {} });
    write(hosts("a") + services("a", "a"));
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    first = await ids();
    assert.equal(first.length, 2);
  });

  it("must not affect containers, volumes and networks when they change", async () => {
    write(hosts("b") + services("b", "b"));
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    const { resources } = (await shop.state()).deployment;
    assert.deepEqual(named("Service", resources!).sort(), ["db@b", "web@b"]);
    await nothingWasLost();
  });

  it("must not conflict when two of them name one engine", async () => {
    write(hosts("b", "c") + services("b", "c"));
    await shop.mustPulumi("config", "set", "k2-compose:removeOrphans", "true");
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    await nothingWasLost();
    write(hosts("b", "c") + services("c", "b"));
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    await nothingWasLost();
  });

  it("must be allowed as two for one engine from the first run to the last", async () => {
    const aliases = await workspace("twins", {
      files: { "compose.yml": hosts("b", "c") + services("b", "c") },
    });
    await aliases.mustPulumi("up", "--yes", "--skip-preview");
    assert.deepEqual(await networksOf(host("a"), aliases.project), [`${aliases.project}_default`]);
    assert.deepEqual(await aliases.preview(), []);
    await aliases.mustPulumi("destroy", "--yes", "--skip-preview");
    assert.deepEqual(await networksLeft(host("a"), aliases.project), []);
  });

  it("must not count as two hosts for one service when they name one engine", async () => {
    const file = hosts("b", "c") + services("[b, c]", "b");
    const aliases = await workspace("places", { files: { "compose.yml": file } });
    const { code, stdout } = await aliases.pulumi("up", "--yes", "--skip-preview");
    assert.notEqual(code, 0);
    assert.match(stdout, /services\.web is placed on \w and \w, which are one engine/);
  });

  async function nothingWasLost(): Promise<void> {
    assert.deepEqual(await ids(), first);
    assert.deepEqual(await networksOf(host("a"), shop.project), [`${shop.project}_default`]);
    assert.deepEqual(await volumesOf(host("a"), shop.project), [`${shop.project}_data`]);
    const again = await shop.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
    assert.doesNotMatch(again, /orphan/);
  }

  function write(text: string): void {
    shop.write("compose.yml", `name: ${shop.project}\n${text}`);
  }

  async function ids(): Promise<string[]> {
    return (await containersOf(host("a"), shop.project)).map(({ Name, Id }) => `${Name} ${Id}`);
  }
});
