import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { pathToFileURL } from "node:url";
import { createStackFile } from "../../../../cli/pulumi/new-stack.js";
import { readStoredState } from "../../../../cli/pulumi/stored-state.js";
import { temporaryFolder } from "../../../support/temporary-folder.js";

/** The folder of a file backend; `meta`: the content of its meta.yaml. */
function backendWith(meta?: string) {
  const folder = temporaryFolder("backend");
  const root = join(folder, ".pulumi");
  if (meta !== undefined) {
    mkdirSync(root);
    writeFileSync(join(root, "meta.yaml"), meta);
  }
  const backend = pathToFileURL(folder).href;
  const states = join(root, "stacks/k2-compose");
  return { root, states, stack: (name: string) => ({ backend, project: "k2-compose", name }) };
}

const empty = { document: { version: 3, checkpoint: { stack: "organization/k2-compose/shop" } } };

it("a new stack must be an empty state in Pulumi's layout, also in a new folder", () => {
  for (const meta of ["version: 1\n", undefined]) {
    const { root, states, stack } = backendWith(meta);
    assert.equal(createStackFile(stack("shop"), {}), true);
    assert.deepEqual(readStoredState(states, "shop"), empty);
    assert.equal(readFileSync(join(root, "meta.yaml"), "utf8"), "version: 1\n");
  }
});

it("a stack that exists must stay as it is", () => {
  const { states, stack } = backendWith("version: 1\n");
  createStackFile(stack("shop"), {});
  const path = join(states, "shop.json");
  writeFileSync(path, '{"checkpoint":{}}');
  createStackFile(stack("shop"), {});
  assert.equal(readFileSync(path, "utf8"), '{"checkpoint":{}}');
});

it("Pulumi must create a stack in another layout, compressed, in another backend, or of a name that it refuses", () => {
  const { stack } = backendWith("version: 1\n");
  const older = backendWith("version: 0\n");
  assert.deepEqual(
    [
      createStackFile(older.stack("shop"), {}),
      createStackFile(stack("shop"), { PULUMI_DIY_BACKEND_GZIP: "true" }),
      createStackFile({ ...stack("shop"), backend: "s3://states" }, {}),
      createStackFile(stack("a b"), {}),
    ],
    [false, false, false, false],
  );
});
