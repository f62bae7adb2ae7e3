import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { cli } from "../../support/cli/cli-run.js";
import { FakeEngine } from "../../support/fake-engine/fake-engine.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

/** Replaces the Pulumi CLI, with a login to Pulumi Cloud; it records its calls. */
const program = `#!/bin/sh
echo "$*" >> "$HOME/calls"
case "$1 $2" in
  "config --show-secrets") echo '{}';;
  "stack export") echo '{"deployment": {}}';;
  "org get-default") echo "$DEFAULT_ORGANIZATION";;
  "whoami "*) echo me;;
esac
`;

describe("a stack on Pulumi Cloud", () => {
  let engine: FakeEngine;
  let home: string;
  before(async () => {
    engine = await FakeEngine.start({ name: "one" });
    home = temporaryFolder("organization");
    mkdirSync(join(home, "bin"));
    writeFileSync(join(home, "bin/pulumi"), program, { mode: 0o755 });
    writeFileSync(join(home, "Pulumi.yaml"), "name: shop\nruntime: {name: nodejs}\n");
    writeFileSync(join(home, "index.js"), 'export * from "k2-compose/program";\n');
    const web = `services: {web: {image: "web:1", host: a}}`;
    writeFileSync(join(home, "compose.yml"), `name: shop\nhosts: {a: "${engine.address}"}\n${web}\n`);
  });
  after(async () => {
    await engine.close();
    rmSync(home, { recursive: true });
  });

  const owned = (stack: string) => {
    const labels = { "com.docker.compose.project": "shop", "com.docker.compose.network": "default" };
    for (const network of engine.contents.networks.values())
      if (network.Name === "shop_default") engine.contents.networks.delete(network.Id);
    engine.contents.addNetwork("shop_default", { Labels: { ...labels, "k2-compose.stack": stack } });
  };
  const preview = async (organization: string, stack: string) => {
    const env = {
      ...{ HOME: home, PATH: `${join(home, "bin")}:/usr/bin:/bin`, DEFAULT_ORGANIZATION: organization },
      ...{ PULUMI_BACKEND_URL: "https://api.pulumi.com", PULUMI_ACCESS_TOKEN: "none" },
    };
    const { code, stdout, stderr } = await cli(["--stack", stack, "preview"], { cwd: home, env });
    assert.equal(code, 0, stdout + stderr);
    return /belongs to the stack \S+/.exec(stdout)?.[0];
  };

  for (const [title, organization, stack, owner] of [
    ["the default organization", "acme", "dev", "acme/shop/dev"],
    ["the user without a default organization", "No Default Org Specified", "dev", "me/shop/dev"],
    ["the organization in its name", "me", "acme/dev", "acme/shop/dev"],
    ["the organization in its full name", "me", "acme/shop/dev", "acme/shop/dev"],
  ] as const)
    it(`must own resources with the label of ${title}`, async () => {
      owned(owner);
      assert.equal(await preview(organization, stack), undefined);
      owned("organization/shop/dev");
      assert.equal(await preview(organization, stack), "belongs to the stack organization/shop/dev:");
    });

  it("must be exported from its own organization, not from the default one", async () => {
    writeFileSync(join(home, "calls"), "");
    await preview("me", "acme/shop/dev");
    assert.match(readFileSync(join(home, "calls"), "utf8"), /^stack export --stack acme\/shop\/dev /m);
  });
});
