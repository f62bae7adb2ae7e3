import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { containersOf, volumesOf } from "../../support/bed/http-engine.js";
import { named, useBed } from "../../support/bed/use-bed.js";
import { idle } from "../../support/model/idle-service.js";

describe("a service that moves to another host", { skip: bedMissing() }, () => {
  const { host, workspace } = useBed({ hosts: ["a", "b"] });
  const file = (at: string) =>
    `hosts: {a: "${host("a").address}", b: "${host("b").address}"}\n` +
    `services:\n  web:\n    ${idle}\n    host: ${at}\n    volumes: ["data:/data"]\nvolumes: {data: }\n`;

  // The engines of the bed have the same id, like those of cloned machines, so it does not distinguish them.
  it("must run on the new host, be removed from the old one, and keep its volume there", async () => {
    const shop = await workspace("moved", { files: { "compose.yml": file("a") } });
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    shop.write("compose.yml", `name: ${shop.project}\n${file("b")}`);
    const services = (await shop.preview()).filter(({ urn }) => urn.includes("k2:Service"));
    assert.deepEqual(services.map(({ op, urn }) => [op, ...named("Service", [{ urn }])]).sort(), [
      ["create", "web@b"],
      ["delete", "web@a"],
    ]);
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    assert.equal((await containersOf(host("b"), shop.project)).length, 1);
    assert.deepEqual(await containersOf(host("a"), shop.project), []);
    assert.deepEqual(await volumesOf(host("a"), shop.project), [`${shop.project}_data`]);
    assert.deepEqual(await shop.preview(), []);
  });
});
