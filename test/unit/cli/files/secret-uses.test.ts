import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { load } from "../../../../provider/compose/load/load.js";
import { secretUses } from "../../../../cli/application/secret-uses.js";
import { placeholderOf } from "../../../../cli/pulumi/secret-placeholder.js";

describe("the uses of an encrypted variable in compose files", () => {
  it("must be found where its value is needed to create a container, and not where it is only named", async () => {
    assert.deepEqual(await usesIn("services: {db: {image: x, environment: {URL: 'db://$SECRET@db'}}}"), [
      "services.db.environment.URL",
    ]);
    assert.deepEqual(await usesIn("services: {db: {image: x, environment: [SECRET]}}"), [
      "services.db.environment.SECRET",
    ]);
    const secret = "services: {db: {image: x, secrets: [pw]}}\nsecrets: {pw: {environment: SECRET}}";
    assert.deepEqual(await usesIn(secret), ["secrets.pw.environment"]);
    assert.deepEqual(await usesIn("services: {db: {image: x, environment: {SECRET: 'no'}}}"), []);
    assert.deepEqual(await usesIn("services: {db: {image: x}}"), []);
  });

  it("must be essential in what commands need that create nothing", async () => {
    const file = `services:
  web: {image: "$SECRET/app", container_name: "web-$SECRET", host: a, labels: {key: $SECRET}}
hosts: {a: {address: "10.0.0.1:2375", labels: {zone: $SECRET}}}
`;
    assert.deepEqual(await usesIn(file, true), [
      "hosts.a.labels.zone",
      "services.web.container_name",
      "services.web.image",
    ]);
  });
});

async function usesIn(text: string, essential = false): Promise<string[]> {
  const project = await load({
    cwd: "/shop",
    files: ["/shop/compose.yml"],
    env: { SECRET: placeholderOf("SECRET") },
    read: (file) => {
      if (file === "/shop/compose.yml") return text;
      throw Object.assign(new Error("no such file"), { code: "ENOENT" });
    },
    consistency: false,
  });
  const uses = secretUses(project, ["SECRET"]);
  return uses.filter((use) => !essential || use.isEssential).map(({ path }) => path);
}
