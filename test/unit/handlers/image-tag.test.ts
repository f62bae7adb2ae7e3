import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { imageTag } from "../../../provider/handlers/image/image-tag.js";
import { handlerCall } from "../../support/handler-call.js";
import { FakeEngine } from "../../support/fake-engine/fake-engine.js";

const call = handlerCall();
let engine: FakeEngine;
before(async () => {
  engine = await FakeEngine.start({ name: "one" });
});
after(async () => {
  await call.session.close();
  await engine.close();
});

test("an image is tagged although its engine cannot list its containers", async () => {
  const { Id: imageId } = engine.contents.addImage("web:1");
  engine.fail("GET", /^\/containers\/json/, { status: 500, message: "layer does not exist" });
  const host = { name: "a", address: engine.address };
  const run = { stack: "o/p/s" };
  const inputs = { project: "shop", host, source: "web:1", target: "web:1.ok", push: false };
  const { outputs } = await imageTag.create(inputs, { imageId, run }, call);
  assert.equal(outputs.engineId, "ID-one");
  assert.deepEqual(engine.contents.findImage("web:1.ok")?.Id, imageId);
});
