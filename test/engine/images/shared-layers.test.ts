import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { pack } from "tar-stream";
import { buffer, text } from "node:stream/consumers";
import type { Engine } from "../../../provider/engine/connection/connect.js";
import { closeAll, connect } from "../../support/engines.js";
import { inspectImage } from "../../../provider/engine/images/image.js";
import { imageStoreOf } from "../../../provider/engine/images/image-store.js";
import { sendImage } from "../../../provider/engine/images/stream-image.js";
import { whatToSpare } from "../../../provider/engine/images/shared-layers.js";
import { transferImage } from "../../../provider/engine/images/transfer.js";
import { type Bed, bedMissing, modernMissing, startBed } from "../../support/bed/bed.js";
import { type TcpProxy, tcpProxyTo } from "../../support/servers/tcp-proxy.js";

const base = "k2-test/parts-base:1";
const app = "k2-test/parts-app:1";
/** A label that distinguishes this test's images from those of other tests on the same engines. */
const ours = "k2-test.parts";

/** Engines of 2020 store images as layers, current ones in containerd, so the archives differ for each pair. */
const ways = ["ab", "mn", "am", "ma"].filter((way) => way === "ab" || !modernMissing());
const skip = bedMissing() ?? (process.env.K2_TEST_HOSTS && "the engines are given by K2_TEST_HOSTS") ?? false;

describe("an image of which the other engine has some layers", { skip }, () => {
  let bed: Bed;
  const proxies: Record<string, TcpProxy> = {};
  /** Engines reached through the proxies; `direct` bypasses them. */
  const engines: Record<string, Engine> = {};
  const direct: Record<string, Engine> = {};
  before(async () => {
    const modern = modernMissing() ? [] : ["m", "n"];
    bed = await startBed({ hosts: ["a", "b"], modern });
    for (const { name, address } of Object.values(bed.hosts)) {
      proxies[name] = await tcpProxyTo({ address });
      engines[name] = connect({ name, address: `tcp://${proxies[name].address}` });
      direct[name] = connect({ name, address });
    }
  });
  after(async () => {
    for (const engine of Object.values(direct)) await clear(engine);
    await closeAll();
    for (const proxy of Object.values(proxies)) await proxy.close();
    await bed.close();
  });

  for (const way of ways) {
    const [source, target] = [way[0]!, way[1]!];
    const ends = () => [direct[source]!, direct[target]!] as const;
    const bytesSent = () => proxies[target]!.bytesSent();
    const transfer = (name: string) => transferImage(direct[source]!, engines[target]!, name);

    it(`must be sent from ${source} to ${target} without those layers, and run there`, async () => {
      const [from, to] = ends();
      await make(from, "k2-test/busybox:1", base, 3_000_000);
      await make(from, base, app, 100_000);
      await transfer(base);
      bytesSent();
      const sent = await transfer(app);
      assertBytes(bytesSent(), "<", 130_000);
      if (["ab", "mn"].includes(way)) assert.equal(sent.id, (await inspectImage(from, app))!.id);
      assert.deepEqual(sent.tags, [app]);
      assert.equal(await sizeInside(to, app), 100_000);
      bytesSent();
      assert.equal((await transfer(app)).id, sent.id);
      assertBytes(bytesSent(), "<", 20_000);
    });

    it(`must be complete or missing when the connection from ${source} to ${target} breaks`, async () => {
      const [from, to] = ends();
      const before = await idsOn(to);
      await make(from, base, app, 2_000_000);
      proxies[target]!.breakAfter(700_000);
      await assert.rejects(transfer(app), { code: "unreachable", at: target });
      await proxies[target]!.restore();
      assert.deepEqual(await idsOn(to), before);
      bytesSent();
      await transfer(app);
      assertBytes(bytesSent(), "<", 2_300_000);
      assert.equal(await sizeInside(to, app), 2_000_000);
    });

    it(`must be sent completely from ${source} to ${target} if those layers are missing after all`, async () => {
      const [from, to] = ends();
      await make(from, "k2-test/busybox:1", base, 3_000_000);
      await make(from, base, app, 200_000);
      const image = (await inspectImage(from, app))!;
      const sibling = direct[{ a: "b", b: "a", m: "n", n: "m" }[target]!]!;
      await transferImage(from, sibling, base);
      const [own, siblings] = [await imageStoreOf(from), await imageStoreOf(sibling)];
      const known = await whatToSpare(image, own, sibling, siblings);
      const others = await idsOn(to);
      bytesSent();
      const id = await sendImage(from, engines[target]!, image, known);
      assertBytes(bytesSent(), ">", 3_200_000);
      assert.equal(await sizeInside(to, id), 200_000);
      assert.deepEqual(await idsOn(to), [...others, id].sort());
      await to.delete(`/images/${id}`, { query: { force: true } });
    });
  }

  it("must not be sent at all when only its configuration is new", async () => {
    const [from, to] = [direct.a!, engines.b!];
    await make(from, "k2-test/busybox:1", base, 3_000_000);
    await transferImage(from, to, base);
    const { Id } = await from.post<{ Id: string }>("/containers/create", {
      body: { Image: base, Labels: { own: "1" } },
    });
    await from.post("/commit", { query: { container: Id, repo: app.slice(0, -2), tag: "1" }, body: {} });
    await from.delete(`/containers/${Id}`);
    proxies.b!.bytesSent();
    const sent = await transferImage(from, to, app);
    assertBytes(proxies.b!.bytesSent(), "<", 50_000);
    assert.equal(sent.labels.own, "1");
    assert.equal(await sizeInside(to, app), 3_000_000);
  });
});

/** Creates an image with one additional layer: a file of random bytes, which cannot be compressed. */
async function make(engine: Engine, from: string, name: string, size: number): Promise<void> {
  const tar = pack();
  tar.entry({ name: "content" }, randomBytes(size));
  tar.finalize();
  const body = { Image: from, Cmd: ["sh", "-c", "wc -c < /content"], Labels: { [ours]: "1" } };
  const { Id } = await engine.post<{ Id: string }>("/containers/create", { body });
  await engine.put(`/containers/${Id}/archive`, { query: { path: "/" }, raw: await buffer(tar) });
  await engine.post("/commit", { query: { container: Id, repo: name.slice(0, -2), tag: "1" }, body: {} });
  await engine.delete(`/containers/${Id}`);
}

/** Returns the size of the file as seen in a container of the image. */
async function sizeInside(engine: Engine, image: string): Promise<number> {
  const { Id } = await engine.post<{ Id: string }>("/containers/create", {
    body: { Image: image, Tty: true },
  });
  await engine.post(`/containers/${Id}/start`);
  await engine.post(`/containers/${Id}/wait`);
  const output = await text(
    await engine.stream("GET", `/containers/${Id}/logs`, { query: { stdout: true } }),
  );
  await engine.delete(`/containers/${Id}`);
  return Number(output);
}

function assertBytes(bytesSent: number, is: "<" | ">", limit: number): void {
  assert.ok(is === "<" ? bytesSent < limit : bytesSent > limit, `${bytesSent} bytes`);
}

async function idsOn(engine: Engine): Promise<string[]> {
  const query = { all: true, filters: JSON.stringify({ label: [ours] }) };
  const images = await engine.get<{ Id: string }[]>("/images/json", { query });
  return images.map(({ Id }) => Id).sort();
}

/** Removes the images, also those whose name has moved to a newer one. */
async function clear(engine: Engine): Promise<void> {
  for (const name of [app, base])
    await engine.delete(`/images/${name}`, { query: { force: true }, ok: [404] });
  const query = { filters: JSON.stringify({ dangling: ["true"], label: [ours] }) };
  const left = await engine.get<{ Id: string }[]>("/images/json", { query });
  // An image that another one is based on (409) is removed together with that one.
  for (const { Id } of left) await engine.delete(`/images/${Id}`, { query: { force: true }, ok: [404, 409] });
}
