import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { K2Error } from "../../provider/shared/errors.js";
import { build } from "../../provider/engine/builder/build.js";
import type { Engine } from "../../provider/engine/connection/connect.js";
import { closeAll, connect } from "../support/engines.js";
import { inspectImage } from "../../provider/engine/images/image.js";
import { pull } from "../../provider/engine/images/pull.js";
import { push } from "../../provider/engine/images/push.js";
import { type Bed, bedMissing, modernMissing, startBed } from "../support/bed/bed.js";
import { type BedRegistry, startRegistry } from "../support/bed/registry.js";

// Two engines each: the engine that builds keeps the layers in its builder's cache, so a pull there would transfer
// nothing.
const pairs = [
  { title: "engines of 2020", hosts: { hosts: ["a", "b"] }, skip: bedMissing() ?? false },
  { title: "current engines", hosts: { hosts: [], modern: ["m", "n"] }, skip: modernMissing() ?? false },
];

for (const { title, hosts, skip } of pairs)
  describe(`a registry whose connection breaks, and ${title}`, { skip }, () => {
    let bed: Bed;
    let registry: BedRegistry;
    let builder: Engine;
    let puller: Engine;
    let name: string;
    before(async () => {
      bed = await startBed(hosts);
      registry = await startRegistry();
      [builder, puller] = Object.values(bed.hosts).map(({ address }, at) =>
        connect({ name: "ab"[at]!, address }),
      ) as [Engine, Engine];
      name = `${registry.address}/big:1`;
      const context = await mkdtemp(join(tmpdir(), "k2-big-"));
      // Large enough that the transfer takes a while, and random, because it must not be compressed.
      const dockerfile_inline = `FROM k2-test/busybox:1\nRUN dd if=/dev/urandom of=/big bs=1M count=150 && echo ${name}\n`;
      await build(builder, { context, dockerfile_inline }, { names: [name] });
      await rm(context, { recursive: true });
    });
    after(async () => {
      await Promise.all([builder, puller].map(remove));
      await closeAll();
      await registry.close();
      await bed.close();
    });
    const remove = (engine: Engine) =>
      engine.delete(`/images/${name}`, { query: { force: true }, ok: [404] });

    /** Asserts one K2Error with the image's name, however the engine reports the failure. */
    const isReported = (error: K2Error) => {
      assert.ok(["engine", "not-found"].includes(error.code), error.message);
      assert.match(error.message, new RegExp(`^[ab]: (push|pull) ${registry.address}/big:1: `));
      return true;
    };
    const breaking = () => {
      let broken = false;
      return () => {
        if (!broken) void registry.kill();
        broken = true;
      };
    };

    it("must fail a push, and let the next one continue", async () => {
      await assert.rejects(push(builder, name, { onProgress: breaking() }), isReported);
      await registry.restart();
      assert.match(await push(builder, name), /^sha256:/);
    });

    it("must fail a pull, and let the next one continue", async () => {
      const before = (await inspectImage(builder, name))!;
      await assert.rejects(pull(puller, name, { onProgress: breaking() }), isReported);
      assert.equal(await inspectImage(puller, name), undefined);
      await registry.restart();
      assert.equal((await pull(puller, name)).id, before.id);
    });

    it("must not delay a cancelled caller", async () => {
      await remove(puller);
      const stop = new AbortController();
      const asked = pull(puller, name, { signal: stop.signal, onProgress: () => stop.abort() });
      await assert.rejects(asked, { code: "cancelled" });
      assert.ok(await pull(puller, name));
    });
  });
