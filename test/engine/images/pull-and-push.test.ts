import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { pack } from "tar-stream";
import { after, before, describe, it } from "node:test";
import type { K2Error } from "../../../provider/shared/errors.js";
import type { Engine } from "../../../provider/engine/connection/connect.js";
import { closeAll, connect } from "../../support/engines.js";
import { inspectImage, registryDigest, tag } from "../../../provider/engine/images/image.js";
import { inspectImageFor } from "../../../provider/engine/images/image-platform.js";
import { pull } from "../../../provider/engine/images/pull.js";
import { repositoryDigest } from "../../../provider/model/images/digest.js";
import { push } from "../../../provider/engine/images/push.js";
import { gateway } from "../../support/bed/bed-place.js";
import { type Bed, startBed } from "../../support/bed/bed.js";
import { realEngines } from "../../support/bed/real-engines.js";
import { type BedRegistry, registryUser, startRegistry } from "../../support/bed/registry.js";
import { FakeEngine } from "../../support/fake-engine/fake-engine.js";

for (const { title, hosts, skip } of realEngines)
  describe(`images of ${title} and a real registry`, { skip }, () => {
    let bed: Bed;
    let open: BedRegistry;
    let locked: BedRegistry;
    let engine: Engine;
    let docker: string;
    before(async () => {
      bed = await startBed(hosts);
      [open, locked] = await Promise.all([startRegistry(), startRegistry({ credentials: true })]);
      engine = connect({ name: "a", address: Object.values(bed.hosts)[0]!.address });
      docker = await mkdtemp(join(tmpdir(), "k2-docker-"));
      process.env.DOCKER_CONFIG = docker;
    });
    after(async () => {
      delete process.env.DOCKER_CONFIG;
      await rm(docker, { recursive: true });
      await closeAll();
      await Promise.all([open.close(), locked.close()]);
      await bed.close();
    });

    const remove = (name: string) => engine.delete(`/images/${name}`, { query: { force: true }, ok: [404] });
    const logIn = (password: string) => {
      const auth = Buffer.from(`${registryUser.username}:${password}`).toString("base64");
      return writeFile(
        join(docker, "config.json"),
        JSON.stringify({ auths: { [locked.address]: { auth } } }),
      );
    };

    it("must count as missing when they are for another platform", async () => {
      const name = "k2-test/elsewhere:1";
      await load(engine, await foreignImage(name));
      const has = async (platform?: string) =>
        (await inspectImageFor(engine, name, platform))?.tags.includes(name) ?? false;
      const ours = ["linux/arm64", "arm64", "linux/aarch64", "linux/arm64/v8"];
      assert.deepEqual(await Promise.all([undefined, ...ours].map(has)), [true, true, true, true, true]);
      const others = ["linux/amd64", "linux/arm/v7", "windows/arm64"];
      assert.deepEqual(await Promise.all(others.map(has)), [false, false, false]);
      await remove(name);
    });

    it("must be the same after push and pull", async () => {
      const name = `${open.address}/app:1`;
      await tag(engine, "k2-test/busybox:1", name);
      const pushed: string[] = [];
      const digest = await push(engine, name, { onProgress: ({ text }) => void pushed.push(text) });
      assert.match(digest, /^sha256:[0-9a-f]{64}$/);
      assert.match(pushed.at(-1) ?? "push 0/0 MB", /^push [\d.]+\/[\d.]+ MB$/);
      assert.equal(await registryDigest(engine, name), digest);

      const before = await inspectImage(engine, name);
      await remove(name);
      assert.equal(await inspectImage(engine, name), undefined);
      const image = await pull(engine, name);
      assert.equal(image.id, before!.id);
      assert.equal(image.labels.version, "1");
      assert.equal(repositoryDigest(image.digests, name), digest);
    });

    it("must be pulled by digest under the written name, even if the tag has moved", async () => {
      const name = `${open.address}/moves:1`;
      await tag(engine, "k2-test/busybox:1", name);
      const first = await push(engine, name);
      await tag(engine, "k2-test/busybox:2", name);
      assert.notEqual(await push(engine, name), first);
      await remove(name);
      const image = await pull(engine, name, { digest: first });
      assert.equal(image.labels.version, "1");
      assert.equal((await inspectImage(engine, name))!.id, image.id);
    });

    it("must be reported with a hint when they are missing", async () => {
      for (const name of ["app:none", "none"])
        await assert.rejects(pull(engine, `${open.address}/${name}`), (error: K2Error) => {
          assert.equal(error.code, "not-found");
          assert.match(error.message, /^a: pull .*\n {2}Check name, tag and platform/s);
          return true;
        });
      await assert.rejects(registryDigest(engine, `${open.address}/app:none`), {
        code: "not-found",
        at: "a",
      });
    });

    it("must be refused without credentials or with a wrong password, and pulled with the right one", async () => {
      const name = `${locked.address}/app:1`;
      await tag(engine, "k2-test/busybox:1", name);
      const refused = (error: K2Error) => {
        assert.equal(error.code, "refused");
        assert.match(error.message, new RegExp(`docker login ${locked.address}`));
        assert.doesNotMatch(error.message, /hunter2/);
        return true;
      };
      await assert.rejects(push(engine, name), refused);
      await logIn("hunter2");
      await assert.rejects(push(engine, name), refused);
      await assert.rejects(pull(engine, name), refused);
      await assert.rejects(registryDigest(engine, name), refused);
      await logIn(registryUser.password);
      const digest = await push(engine, name);
      await remove(name);
      assert.equal(repositoryDigest((await pull(engine, name)).digests, name), digest);
    });

    it("must be pulled from a registry with TLS and a password, only with both", async () => {
      const registry = await startRegistry({ tls: true, credentials: true });
      try {
        const name = `${registry.address}/app:1`;
        await tag(engine, "k2-test/busybox:1", name);
        await assert.rejects(push(engine, name), { code: "refused", message: /docker login/ });
        const auth = Buffer.from(`${registryUser.username}:${registryUser.password}`).toString("base64");
        await writeFile(
          join(docker, "config.json"),
          JSON.stringify({ auths: { [registry.address]: { auth } } }),
        );
        const digest = await push(engine, name);
        await remove(name);
        assert.equal(repositoryDigest((await pull(engine, name)).digests, name), digest);
        assert.equal(await registryDigest(engine, name), digest);
        await remove(name);
        await assert.rejects(fetch(`http://${registry.address}/v2/`).then(({ ok }) => assert.ok(ok)));
      } finally {
        await registry.close();
      }
    });

    it("must report that the engine cannot reach the registry", async () => {
      await assert.rejects(pull(engine, `${gateway()}:9/app:1`), {
        code: "engine",
        message: /The engine itself, not this machine, must reach 10\.99\.\d+\.1:9/,
      });
    });
  });

describe("a pull", () => {
  let fake: FakeEngine;
  let engine: Engine;
  before(async () => {
    fake = await FakeEngine.start();
    fake.contents.publish("app:1");
    engine = connect({ name: "as", address: fake.address });
  });
  after(async () => {
    await closeAll();
    await fake.close();
  });
  const pulls = () => fake.calls().filter((call) => call === "POST /images/create").length;

  it("must report its progress over all layers", async () => {
    const seen: string[] = [];
    await pull(engine, "app:1", { onProgress: ({ text }) => void seen.push(text) });
    assert.deepEqual(seen, ["pull 0.5/1 MB", "pull 1/1 MB", "pull 1.5/2 MB", "pull 2/2 MB"]);
  });

  it("must run once for all simultaneous callers", async () => {
    const before = pulls();
    fake.fail("POST", /^\/images\/create/, { after: sleep(50) }, 1);
    const images = await Promise.all([1, 2, 3].map(() => pull(engine, "app:1")));
    assert.equal(new Set(images.map(({ id }) => id)).size, 1);
    assert.equal(pulls() - before, 1);
  });

  it("must continue while one caller waits, and end with the last", async () => {
    fake.fail("POST", /^\/images\/create/, { after: sleep(200) }, 2);
    const [one, two] = [new AbortController(), new AbortController()];
    const [first, second] = [pull(engine, "app:1", { signal: one.signal }), pull(engine, "app:1")];
    one.abort();
    await assert.rejects(first, { code: "cancelled" });
    assert.ok((await second).id);
    const alone = pull(engine, "app:1", { signal: two.signal });
    two.abort();
    await assert.rejects(alone, { code: "cancelled" });
    assert.ok((await pull(engine, "app:1")).id);
    fake.clearFailures();
  });

  it("must fail when it is cut in the middle", async () => {
    fake.fail("POST", /^\/images\/create/, { cut: "body" }, 1);
    await assert.rejects(pull(engine, "app:1"), { code: "unreachable", at: "as" });
    assert.ok((await pull(engine, "app:1")).id);
  });

  it("must fail by an error line later in the stream", async () => {
    fake.fail(
      "POST",
      /^\/images\/create/,
      { lines: [{ errorDetail: { message: "unauthorized: no" }, error: "x" }] },
      1,
    );
    await assert.rejects(pull(engine, "app:1"), {
      code: "refused",
      message: /^as: pull app:1: unauthorized: no\n/,
    });
  });
});

/** An archive of an image for arm64 with one file. */
async function foreignImage(name: string): Promise<Buffer> {
  const archive = async (files: Record<string, string | Buffer>) => {
    const tar = pack();
    for (const [path, content] of Object.entries(files)) tar.entry({ name: path }, content);
    tar.finalize();
    return buffer(tar);
  };
  const layer = await archive({ content: "arm" });
  const diffId = `sha256:${createHash("sha256").update(layer).digest("hex")}`;
  const rootfs = { type: "layers", diff_ids: [diffId] };
  return archive({
    "config.json": JSON.stringify({ architecture: "arm64", os: "linux", config: {}, rootfs }),
    "layer.tar": layer,
    "manifest.json": JSON.stringify([{ Config: "config.json", RepoTags: [name], Layers: ["layer.tar"] }]),
  });
}

async function load(engine: Engine, raw: Buffer): Promise<void> {
  for await (const line of await engine.stream("POST", "/images/load", { raw })) void line;
}
