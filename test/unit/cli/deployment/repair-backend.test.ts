import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { endRepair, repairBackend } from "../../../../cli/pulumi/repair-backend.js";
import { storedStateOf } from "../../../../cli/pulumi/state-document.js";
import { damageText } from "../../../../cli/pulumi/stored-state.js";
import { temporaryFolder } from "../../../support/temporary-folder.js";

const dead = spawnSync("true").pid;
const whole = (version: number) => JSON.stringify({ version, checkpoint: { latest: {} } });

describe("the folder of Pulumi's file backend after a full disk or a killed run", () => {
  const lock = (pid: number, machine = hostname()) =>
    JSON.stringify({ pid, username: "me", hostname: machine });
  const locks: [what: string, text: string, stays: boolean][] = [
    ["of an ended process", lock(dead), false],
    ["of a running process", lock(process.pid), true],
    ["of another machine", lock(dead, "elsewhere"), true],
    ["without content", "", false],
    ["cut", lock(dead).slice(0, 9), false],
    ["cut, of another machine", lock(dead, "elsewhere").slice(0, -1), true],
  ];
  for (const [what, text, stays] of locks)
    it(`must ${stays ? "keep" : "lose"} a lock ${what}`, () => {
      const { store, repair } = backend({ "locks/organization/shop/dev/1.json": text });
      repair();
      assert.equal(existsSync(join(store, "locks/organization/shop/dev/1.json")), stays);
    });

  it("must lose the draft of a lock that was not finished, but not one that is being written", () => {
    const { store, repair } = backend({
      "locks/organization/shop/dev/1.json.18e.tmp": "",
      "locks/organization/shop/dev/2.json.18f.tmp": "",
    });
    utimesSync(join(store, "locks/organization/shop/dev/1.json.18e.tmp"), 1, 1);
    repair();
    assert.deepEqual(readdirSync(join(store, "locks/organization/shop/dev")), ["2.json.18f.tmp"]);
  });

  it("must have whole attributes or none, and the version of its layout", () => {
    const { store, repair } = backend({
      ...{
        "meta.yaml": "",
        "meta.yaml.attrs": "",
        "stacks/shop/dev.json.attrs": '{"md5":"Osc',
        "stacks/shop/dev.json": whole(3),
      },
      "stacks/shop/dev.json.bak.attrs": '{"md5":null}',
    });
    repair();
    assert.equal(readFileSync(join(store, "meta.yaml"), "utf8"), "version: 1\n");
    assert.deepEqual(readdirSync(join(store, "stacks/shop")), ["dev.json", "dev.json.bak.attrs"]);
    assert.ok(!existsSync(join(store, "meta.yaml.attrs")));
  });

  it("must have the backup in a damaged state's place, known as such until a run has succeeded", async () => {
    for (const cut of ["", "null", whole(3).slice(0, 20)]) {
      const { store, stack, repair } = backend({
        "stacks/shop/dev.json": cut,
        "stacks/shop/dev.json.bak": whole(2),
      });
      const file = join(store, "stacks/shop/dev.json");
      const older = { document: JSON.parse(whole(2)) as unknown, damage: { file, backup: `${file}.bak` } };
      assert.deepEqual(await storedStateOf(stack, {}), older);
      assert.equal(readFileSync(file, "utf8"), cut, "reading changes nothing");
      repair();
      assert.equal(readFileSync(file, "utf8"), whole(2));
      assert.deepEqual(await storedStateOf(stack, {}), older);
      writeFileSync(file, whole(4));
      endRepair(stack, {});
      assert.deepEqual(await storedStateOf(stack, {}), { document: JSON.parse(whole(4)) as unknown });
      assert.deepEqual(readdirSync(dirname(file)), ["dev.json", "dev.json.bak"]);
    }
  });

  it("must not change a state while a run may be writing it", () => {
    const { store, repair } = backend({
      ...{ "stacks/shop/dev.json": "", "stacks/shop/dev.json.bak": whole(2) },
      "locks/organization/shop/dev/1.json": lock(process.pid),
    });
    repair();
    assert.equal(readFileSync(join(store, "stacks/shop/dev.json"), "utf8"), "");
  });

  it("must take a damaged state without a backup for a lost one, and say so", async () => {
    const { store, stack, repair } = backend({ "stacks/shop/dev.json": "", "stacks/shop/dev.json.bak": "" });
    const file = join(store, "stacks/shop/dev.json");
    assert.deepEqual(await storedStateOf(stack, {}), { damage: { file } });
    assert.equal(
      damageText({ file }),
      `${file} is damaged and has no backup: what is deployed is found by its labels`,
    );
    repair();
    assert.ok(!existsSync(file));
    assert.deepEqual(await storedStateOf(stack, {}), {});
  });
});

function backend(files: Record<string, string>) {
  const folder = temporaryFolder("backend");
  const store = join(folder, ".pulumi");
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(store, name)), { recursive: true });
    writeFileSync(join(store, name), content);
  }
  const stack = { backend: `file://${folder}`, project: "shop", name: "dev" };
  return { store, stack, repair: () => repairBackend(stack, {}) };
}
