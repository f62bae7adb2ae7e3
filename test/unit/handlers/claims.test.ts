import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { network } from "../../../provider/handlers/network.js";
import { handlerCall } from "../../support/handler-call.js";
import { FakeEngine } from "../../support/fake-engine/fake-engine.js";

/** An address without a listener. */
const dead = "tcp://127.0.0.1:1";
const engineId = "ID-one";

const call = handlerCall();
let engine: FakeEngine;
let networkId: string;
before(async () => {
  engine = await FakeEngine.start({ name: "one" });
  networkId = engine.contents.addNetwork("shop_default").Id;
  const here = { name: "new", address: engine.address };
  await call.memory.claim(here, "network shop/default");
  await call.memory.claim(here, "service shop/web");
});
after(async () => {
  await call.session.close();
  await engine.close();
});

const removal = (id: string) => {
  const host = { name: "old", address: dead };
  const state = { host, name: "shop_default", project: "shop", network: "default", ipam: {}, networkId: id };
  return network.delete!({ ...state, engineId, schema: 1, stack: "o/p/s" }, call);
};

test("resources of a dead address are looked up by name on the engine that answers now", async () => {
  const old = { name: "old", address: dead };
  assert.equal(await call.memory.isClaimed(old, engineId, "network shop/default", [networkId]), true);
  assert.equal(
    await call.memory.isClaimed(old, engineId, "service shop/web", ["c1"]),
    false,
    "the container of a clone",
  );
  assert.equal(await call.memory.isClaimed(old, engineId, "network shop/other", [networkId]), false);
  assert.equal(await call.memory.isClaimed(old, "ID-two", "network shop/default", [networkId]), false);
});

test("a network that moves from a dead host to its clone stays in the state: the clone does not have it", async () => {
  await removal(networkId);
  await assert.rejects(removal("the dead one's"), { code: "unreachable" });
});
