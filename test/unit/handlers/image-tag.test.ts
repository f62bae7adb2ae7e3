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
  const { outputs } = await imageTag.create(inputs, { imageId, run, gates: [] }, call);
  assert.equal(outputs.engineId, "ID-one");
  assert.deepEqual(engine.contents.findImage("web:1.ok")?.Id, imageId);
});

test("an image is not tagged while a service that runs it is not well, although nothing else changes", async () => {
  engine.clearFailures();
  const { Id: imageId } = engine.contents.addImage("web:2");
  const host = { name: "a", address: engine.address };
  const gates = [
    { project: "shop", service: "web", host, condition: "service_started", required: true, mustBeWell: true },
  ] as const;
  const inputs = { project: "shop", host, source: "web:2", target: "web:2.ok", push: false };
  await assert.rejects(
    async () => imageTag.create(inputs, { imageId, run: { stack: "o/p/s" }, gates: [...gates] }, call),
    { code: "unhealthy", message: /waits for web@a healthy: it has no container/ },
  );
  assert.equal(engine.contents.findImage("web:2.ok"), undefined);
});
