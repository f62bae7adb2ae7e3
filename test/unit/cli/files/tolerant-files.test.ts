import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { cli } from "../../../support/cli/cli-run.js";
import { temporaryFolder } from "../../../support/temporary-folder.js";

describe("a fault that matters only when containers are created", () => {
  const faults: [title: string, file: string][] = [
    ["a missing env_file", "services: {web: {image: x, env_file: [none.env]}}"],
    ["an undefined network", "services: {web: {image: x, networks: [none]}}"],
    ["too few ports for the replicas", "services: {web: {image: x, scale: 2, ports: ['80:80']}}"],
    [
      "a service pinned to a draining host",
      "services: {web: {image: x, host: a}}\nhosts: {a: {address: 'unix:///none.sock', drain: true}}",
    ],
  ];
  for (const [title, file] of faults)
    it(`must be a warning for commands that need names only: ${title}`, async () => {
      const cwd = temporaryFolder("tolerant");
      writeFileSync(join(cwd, "compose.yml"), `name: shop\n${file}\n`);
      const env = { HOME: cwd, PATH: "/nowhere", DOCKER_HOST: "unix:///none.sock" };
      const names = await cli(["config", "--services"], { cwd, env });
      assert.deepEqual([names.code, names.stdout], [0, "web\n"], names.stderr);
      for (const command of [["ps"], ["logs", "web"], ["stop", "web"]]) {
        const { code, stderr } = await cli(command, { cwd, env });
        // The engine does not answer, which is not what the file says.
        assert.equal(code, 4, stderr);
        assert.match(stderr, /warning: containers cannot be created: /);
      }
      const { code, stderr } = await cli(["preview"], { cwd, env });
      assert.equal(code, 3, stderr);
    });

  it("must be a warning where the file lacks a host of the state", async () => {
    const cwd = temporaryFolder("tolerant");
    writeFileSync(join(cwd, "compose.yml"), "name: shop\nservices: {web: {image: x, host: gone}}\n");
    const host = { project: "shop", name: "gone", address: "unix:///none.sock" };
    const [type, stacks] = [
      "pulumi-nodejs:dynamic/k2:Host",
      join(cwd, ".k2-compose/state/.pulumi/stacks/k2-compose"),
    ];
    const resources = [{ urn: `urn:pulumi:shop::k2-compose::${type}::gone`, type, inputs: host }];
    mkdirSync(stacks, { recursive: true });
    writeFileSync(join(stacks, "shop.json"), JSON.stringify({ checkpoint: { latest: { resources } } }));
    const env = { HOME: cwd, PATH: "/nowhere" };
    const { code, stderr } = await cli(["ps"], { cwd, env });
    assert.equal(code, 4, stderr);
    assert.match(stderr, /warning: containers cannot be created: .*no host "gone"/);
    assert.equal((await cli(["preview"], { cwd, env })).code, 3);
  });

  it("must be an error where the names are in doubt", async () => {
    const cwd = temporaryFolder("tolerant");
    writeFileSync(join(cwd, "compose.yml"), "name: shop\nservices: {web: {image: x, host: none}}\n");
    const { code, stderr } = await cli(["ps"], { cwd, env: { HOME: cwd, PATH: "/nowhere" } });
    assert.equal(code, 3, stderr);
  });
});
