import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { closeAll, connect } from "../../support/engines.js";
import { pull } from "../../../provider/engine/images/pull.js";
import { inSlot } from "../../../provider/engine/connection/host-slots.js";
import { FakeEngine } from "../../support/fake-engine/fake-engine.js";

describe("slots of an engine", () => {
  let fake: FakeEngine;
  before(async () => (fake = await FakeEngine.start()));
  after(async () => {
    await closeAll();
    await fake.close();
  });

  it("must limit simultaneous pulls to four", async () => {
    const names = Array.from({ length: 9 }, (_, at) => `fake/app:${at}`);
    names.forEach((name) => fake.contents.publish(name));
    const gate = new EventEmitter();
    fake.fail("POST", /^\/images\/create/, { after: once(gate, "open") });
    const engine = connect({ name: "fake", address: fake.address });
    const asked = () => fake.calls().filter((call) => call === "POST /images/create").length;
    const all = Promise.all(names.map((name) => pull(engine, name)));
    while (asked() < 4) await sleep(5);
    await sleep(40);
    assert.equal(asked(), 4);
    // Other requests do not wait for pulls.
    assert.deepEqual(await engine.get("/containers/json"), []);
    gate.emit("open");
    assert.equal((await all).length, 9);
  });

  it("must skip callers that cancelled before their turn", async () => {
    const host = connect({ name: "one", address: "tcp://one" });
    const done: string[] = [];
    const work = (name: string) => async () => {
      await sleep(20);
      done.push(name);
    };
    const first = [inSlot("build", host, work("a")), inSlot("build", host, work("b"))];
    const stop = new AbortController();
    const third = inSlot("build", host, work("c"), stop.signal);
    stop.abort(new Error("cancelled"));
    await assert.rejects(third, /cancelled/);
    await Promise.all([...first, inSlot("build", host, work("d"))]);
    assert.deepEqual(done, ["a", "b", "d"]);
  });
});
