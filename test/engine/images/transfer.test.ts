import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Engine } from "../../../provider/engine/connection/connect.js";
import { closeAll, connect } from "../../support/engines.js";
import { inspectImage, tag } from "../../../provider/engine/images/image.js";
import { transferImage } from "../../../provider/engine/images/transfer.js";
import { type Bed, bedMissing, modernMissing, startBed } from "../../support/bed/bed.js";
import { recallFromRegistry } from "../../../provider/engine/images/transfer-by-registry.js";
import { type BedRegistry, registryUser, startRegistry } from "../../support/bed/registry.js";
import { FakeEngine } from "../../support/fake-engine/fake-engine.js";

const name = "k2-test/sent:1";
const kept = "k2-test/kept:1";

describe("an image that is in no registry", { skip: bedMissing() ?? false }, () => {
  let bed: Bed;
  let a: Engine;
  let b: Engine;
  before(async () => {
    bed = await startBed({ hosts: ["a", "b"], modern: modernMissing() ? [] : ["m"] });
    a = connect({ name: "a", address: bed.hosts.a!.address });
    b = connect({ name: "b", address: bed.hosts.b!.address });
    // A new image, so that no engine has it under another name.
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

  it("must be sent from engine to engine, once", async () => {
    const progress: string[] = [];
    const onProgress = ({ text }: { text: string }) => void progress.push(text);
    const sent = await transferImage(a, b, name, { onProgress });
    assert.equal(sent.id, (await inspectImage(a, name))!.id);
    assert.match(progress.at(-1)!, /^load [\d.]+ MB from a, [\d.]+ MB already exist$/);
    progress.length = 0;
    await transferImage(a, b, name, { onProgress });
    assert.equal(progress.length, 0);
    // If the target has the image under another name, only the tag is added.
    await tag(b, name, kept);
    await b.delete(`/images/${name}`);
    const named = await transferImage(a, b, name, { onProgress });
    assert.equal(named.id, sent.id);
    assert.equal(progress.length, 0);
    await b.delete(`/images/${kept}`);
  });

  it("must be sent to a current engine and back", { skip: modernMissing() ?? false }, async () => {
    const modern = connect({ name: "m", address: bed.hosts.m!.address });
    const there = await transferImage(a, modern, name);
    assert.equal(there.labels.version, "1");
    await b.delete(`/images/${name}`, { query: { force: true }, ok: [404] });
    const back = await transferImage(modern, b, name);
    assert.equal(back.labels.version, "1");
  });

  it("must be reported with a hint when it is missing", async () => {
    await assert.rejects(transferImage(a, b, "k2-test/none:1"), {
      code: "not-found",
      message: "a: there is no image k2-test/none:1 to send to b",
    });
  });

  it("must fail when either end disconnects", async () => {
    const fake = await FakeEngine.start();
    const broken = connect({ name: "broken", address: fake.address });
    fake.fail("POST", /^\/images\/load/, { cut: "before" });
    await assert.rejects(transferImage(a, broken, name), { code: "unreachable", at: "broken" });
    fake.clearFailures();
    fake.fail("POST", /^\/images\/load/, { status: 500, message: "no space left on device" });
    await assert.rejects(transferImage(a, broken, name), {
      code: "engine",
      at: "broken",
      message: /no space left/,
    });
    fake.contents.addImage("half:1");
    fake.fail("GET", /^\/images\/[^/]+\/get/, { cut: "body" });
    await assert.rejects(transferImage(broken, b, "half:1"), { code: "unreachable", at: "broken" });
    await fake.close();
  });
});

const pairs = [
  { title: "engines of 2020", hosts: { hosts: ["a", "b"] }, skip: bedMissing() ?? false },
  { title: "current engines", hosts: { hosts: [], modern: ["m", "n"] }, skip: modernMissing() ?? false },
];

for (const { title, hosts, skip } of pairs)
  describe(`an image whose name names a registry, on ${title}`, { skip }, () => {
    let bed: Bed;
    let registry: BedRegistry;
    let from: Engine;
    let to: Engine;
    let built: string;
    let docker: string;
    before(async () => {
      bed = await startBed(hosts);
      registry = await startRegistry({ credentials: true });
      docker = await mkdtemp(join(tmpdir(), "k2-docker-"));
      process.env.DOCKER_CONFIG = docker;
      [from, to] = Object.values(bed.hosts).map(({ name, address }) => connect({ name, address })) as [
        Engine,
        Engine,
      ];
      built = `${registry.address}/shop/web:1`;
      await make();
    });
    after(async () => {
      delete process.env.DOCKER_CONFIG;
      await rm(docker, { recursive: true });
      for (const engine of [from, to]) await remove(engine);
      await closeAll();
      await registry.close();
      await bed.close();
    });
    const make = async () => {
      const { Id } = await from.post<{ Id: string }>("/containers/create", {
        body: { Image: "k2-test/busybox:1" },
      });
      await from.post("/commit", { query: { container: Id, repo: built.slice(0, -2), tag: "1" }, body: {} });
      await from.delete(`/containers/${Id}`);
    };
    const remove = (engine: Engine) =>
      engine.delete(`/images/${built}`, { query: { force: true }, ok: [404] });
    const auth = Buffer.from(`${registryUser.username}:${registryUser.password}`).toString("base64");
    const tagsThere = async () => {
      const url = `http://${registry.address}/v2/shop/web/tags/list`;
      return (
        (await (await fetch(url, { headers: { Authorization: `Basic ${auth}` } })).json()) as {
          tags?: string[];
        }
      ).tags;
    };
    const logIn = (value: string) =>
      writeFile(
        join(docker, "config.json"),
        JSON.stringify({ auths: { [registry.address]: { auth: value } } }),
      );
    const transfer = async (way: "either" | "registry") => {
      const detours: string[] = [];
      const steps = new Set<string>();
      const image = await transferImage(from, to, built, {
        way,
        onProgress: ({ text }) => void steps.add(text.split(" ")[0]!),
        onDetour: ({ message }) => void detours.push(message),
      });
      return { image, detours, steps: [...steps] };
    };

    it("must be streamed when the registry refuses, with the reason", async () => {
      const { image, detours, steps } = await transfer("either");
      assert.equal(image.id, (await inspectImage(from, built))!.id);
      assert.match(
        detours.join(),
        new RegExp(`^\\w: push ${registry.address}/shop/web:k2-\\w{16}: [^]*docker login`),
      );
      assert.ok(steps.includes("load"), steps.join());
      await remove(to);
      await assert.rejects(transfer("registry"), { code: "refused", message: /docker login/ });
    });

    it("must be sent through the registry once it accepts the image, under a tag of its own", async () => {
      await logIn(auth);
      const { image, detours, steps } = await transfer("either");
      assert.deepEqual([detours, steps.includes("load")], [[], false]);
      const source = (await inspectImage(from, built))!;
      assert.equal(image.id, source.id);
      assert.deepEqual(source.tags, [built]);
      assert.deepEqual(
        (await tagsThere())?.filter((name) => !/^k2-[0-9a-f]{16}$/.test(name)),
        [],
      );
      assert.equal((await inspectImage(to, built))!.digests.length, 1);
    });

    it("must be pulled from the registry when no engine has it", async () => {
      const { id } = (await inspectImage(to, built))!;
      await remove(to);
      assert.equal(await inspectImage(to, id), undefined);
      assert.equal((await recallFromRegistry(to, built, id))?.id, id);
      assert.deepEqual((await inspectImage(to, built))!.tags, [built]);
      assert.equal(
        await recallFromRegistry(to, built, id.replace(/.{5}$/, "00000").replace(/:.{5}/, ":00000")),
        undefined,
      );
    });
  });
