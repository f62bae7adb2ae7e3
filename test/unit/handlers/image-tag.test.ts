import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeAll } from "../../../provider/engine/connection/connect.js";
import { imageTag } from "../../../provider/handlers/image/image-tag.js";
import { FakeEngine } from "../../support/fake-engine/fake-engine.js";

let engine: FakeEngine;
before(async () => {
  engine = await FakeEngine.start({ name: "one" });
});
after(async () => {
  await closeAll();
  await engine.close();
});

test("an image is tagged although its engine cannot list its containers", async () => {
  const { Id: imageId } = engine.contents.addImage("web:1");
  engine.fail("GET", /^\/containers\/json/, { status: 500, message: "layer does not exist" });
  const host = { name: "a", address: engine.address };
  const run = { stack: "o/p/s" };
  const call = {
    signal: new AbortController().signal,
    progress: () => undefined,
    info: () => Promise.resolve(),
    warn: () => Promise.resolve(),
  };
  const inputs = { project: "shop", host, source: "web:1", target: "web:1.ok", push: false };
  const { outputs } = await imageTag.create(inputs, { imageId, run }, call);
  assert.equal(outputs.engineId, "ID-one");
  assert.deepEqual(engine.contents.findImage("web:1.ok")?.Id, imageId);
});
