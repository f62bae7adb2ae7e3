import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { closeAll, connect, type Engine } from "../../provider/engine/connect.js";
import { inspectImage, tag } from "../../provider/engine/image.js";
import { transferImage } from "../../provider/engine/transfer.js";
import { type Bed, bedMissing, modernMissing, startBed } from "../support/bed.js";
import { FakeEngine } from "../support/fake-engine.js";

const name = "k2-test/sent:1";
const kept = "k2-test/kept:1";

describe("an image that no registry has", { skip: bedMissing() ?? false }, () => {
  let bed: Bed;
  let a: Engine;
  let b: Engine;
  before(async () => {
    bed = await startBed({ hosts: ["a", "b"], modern: modernMissing() ? [] : ["m"] });
    a = connect({ name: "a", address: bed.hosts.a!.address });
    b = connect({ name: "b", address: bed.hosts.b!.address });
    // Of its own, so that no engine has it by another name.
    const { Id } = await a.post<{ Id: string }>("/containers/create", {
      body: { Image: "k2-test/busybox:1" },
    });
    await a.post("/commit", { query: { container: Id, repo: "k2-test/sent", tag: "1" }, body: {} });
    await a.delete(`/containers/${Id}`);
  });
  after(async () => {
    for (const engine of Object.values(bed.hosts))
      await connect({ name: engine.name, address: engine.address }).delete(`/images/${name}`, { ok: [404] });
    await closeAll();
    await bed.close();
  });

  it("must get from engine to engine, once", async () => {
    const sizes: number[] = [];
    const sent = await transferImage(a, b, name, { onProgress: (bytes) => void sizes.push(bytes) });
    assert.equal(sent.id, (await inspectImage(a, name))!.id);
    assert.ok(sizes.at(-1)! > 500_000);
    sizes.length = 0;
    await transferImage(a, b, name, { onProgress: (bytes) => void sizes.push(bytes) });
    assert.equal(sizes.length, 0);
    // Of what is there under another name, the name is all that is missing.
    await tag(b, name, kept);
    await b.delete(`/images/${name}`);
    const named = await transferImage(a, b, name, { onProgress: (bytes) => void sizes.push(bytes) });
    assert.equal(named.id, sent.id);
    assert.equal(sizes.length, 0);
    await b.delete(`/images/${kept}`);
  });

  it("must get to an engine of today and back", { skip: modernMissing() ?? false }, async () => {
    const modern = connect({ name: "m", address: bed.hosts.m!.address });
    const there = await transferImage(a, modern, name);
    assert.equal(there.labels.version, "1");
    await b.delete(`/images/${name}`, { query: { force: true }, ok: [404] });
    const back = await transferImage(modern, b, name);
    assert.equal(back.labels.version, "1");
  });

  it("must be missing in words that help", async () => {
    await assert.rejects(transferImage(a, b, "k2-test/none:1"), {
      code: "not-found",
      message: "a: there is no image k2-test/none:1 to send to b",
    });
  });

  it("must fail when either end breaks off", async () => {
    const fake = await FakeEngine.start();
    const broken = connect({ name: "broken", address: fake.address });
    fake.fail("POST", /^\/images\/load/, { cut: "before" });
    await assert.rejects(transferImage(a, broken, name), { code: "unreachable", at: "broken" });
    fake.heal();
    fake.fail("POST", /^\/images\/load/, { status: 500, message: "no space left on device" });
    await assert.rejects(transferImage(a, broken, name), {
      code: "engine",
      at: "broken",
      message: /no space left/,
    });
    fake.contents.addImage("half:1");
    fake.fail("GET", /^\/images\/half:1\/get/, { cut: "body" });
    await assert.rejects(transferImage(broken, b, "half:1"), (error: { code: string }) => {
      assert.ok(["engine", "unreachable"].includes(error.code));
      return true;
    });
    await fake.close();
  });
});
