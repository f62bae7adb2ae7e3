import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { cli } from "../../../support/cli/cli-run.js";
import { temporaryFolder } from "../../../support/temporary-folder.js";

/** Writes the configuration of the project that k2-compose keeps for the stack `shop`. */
function folderWith(file: string, configuration: string) {
  const cwd = temporaryFolder("kept");
  const kept = join(cwd, ".k2-compose/projects/shop");
  mkdirSync(kept, { recursive: true });
  writeFileSync(join(kept, "Pulumi.shop.yaml"), configuration);
  writeFileSync(join(cwd, "compose.yml"), file);
  const env = { HOME: cwd, PATH: "/nowhere" };
  const image = async (...args: string[]) => {
    const { code, stdout, stderr } = await cli([...args, "config", "--images"], { cwd, env });
    return code === 0 ? stdout.trim() : stderr;
  };
  return { image };
}

const configuration = `config:
  k2-compose:environment: { VERSION: "2" }
  k2-compose:files: '["/elsewhere/compose.yml"]'
  k2-compose:profiles: '["more"]'
`;

it("the variables of a kept project must apply to what the CLI reads, and its settings of the last run not", async () => {
  const file = "services: { web: { image: 'web:${VERSION:-1}' }, more: { image: more, profiles: [more] } }\n";
  const named = folderWith(`name: shop\n${file}`, configuration);
  assert.equal(await named.image(), "web:2");
  assert.equal(await named.image("-p", "other"), "web:1");
  assert.equal(await named.image("--stack", "other"), "web:1");
  const unnamed = folderWith(file, configuration);
  assert.equal(await unnamed.image(), "web:1");
  assert.equal(await unnamed.image("-p", "shop"), "web:2");
});

it("a variable that only the kept project has must satisfy a file that requires it", async () => {
  const { image } = folderWith(
    "name: shop\nservices: { web: { image: 'web:${VERSION:?}' } }\n",
    configuration,
  );
  assert.equal(await image(), "web:2");
  assert.match(await image("-p", "other"), /VERSION/);
});

it("a kept project without variables must change nothing", async () => {
  const { image } = folderWith(
    "name: shop\nservices: { web: { image: 'web:${VERSION:?}' } }\n",
    "encryptionsalt: v1:x\n",
  );
  assert.match(await image(), /compose\.yml:2:\d+: .*VERSION/);
});
