import assert from "node:assert/strict";
import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { build } from "../../../provider/engine/builder/build.js";
import type { Engine } from "../../../provider/engine/connection/connect.js";
import { closeAll, connect } from "../../support/engines.js";
import { registryDigest, tag } from "../../../provider/engine/images/image.js";
import { pull } from "../../../provider/engine/images/pull.js";
import { push } from "../../../provider/engine/images/push.js";
import type { K2Error } from "../../../provider/shared/errors.js";
import { type Bed, startBed } from "../../support/bed/bed.js";
import { type BedRegistry, startRegistry } from "../../support/bed/registry.js";
import { realEngines } from "../../support/bed/real-engines.js";

for (const { title, hosts, skip } of realEngines)
  describe(
    `a registry's certificate, and ${title}`,
    { skip: skip || Boolean(process.env.K2_TEST_HOSTS) },
    () => {
      let bed: Bed;
      let registry: BedRegistry;
      let engine: Engine;
      let name: string;
      let trusted: string;
      before(async () => {
        bed = await startBed(hosts);
        registry = await startRegistry({ tls: true, checked: true });
        engine = connect({ name: "a", address: Object.values(bed.hosts)[0]!.address });
        name = `${registry.address}/app:1`;
        // All engines of the bed share this machine's files.
        trusted = `/etc/docker/certs.d/${registry.address}`;
        await tag(engine, "k2-test/busybox:1", name);
      });
      after(async () => {
        await engine.delete(`/images/${name}`, { query: { force: true }, ok: [404] });
        await rm(trusted, { recursive: true, force: true });
        await closeAll();
        await registry.close();
        await bed.close();
      });

      it("must be refused with a hint, while the engine does not know its authority", async () => {
        const isReported = (error: K2Error) => {
          assert.equal(error.code, "engine", error.message);
          assert.match(error.message, /^a: (push|pull|look up) \S+: .*x509: .*unknown authority/s);
          assert.match(error.message, new RegExp(`\\n  .*/etc/docker/certs.d/${registry.address}/ca.crt`));
          return true;
        };
        await assert.rejects(push(engine, name), isReported);
        await assert.rejects(pull(engine, name), isReported);
        await assert.rejects(registryDigest(engine, name), isReported);
      });

      it("must be refused with a hint by a build, too", async () => {
        const context = await mkdtemp(join(tmpdir(), "k2-cert-"));
        const dockerfile_inline = `FROM ${registry.address}/base:1\n`;
        await assert.rejects(build(engine, { context, dockerfile_inline }, { names: ["k2-test/cert:1"] }), {
          code: "engine",
          message: /x509: .*unknown authority[^]*\/etc\/docker\/certs\.d\//,
        });
        await rm(context, { recursive: true });
      });

      it("must be accepted once the engine knows the authority, without a restart", async () => {
        await mkdir(trusted, { recursive: true });
        await copyFile(registry.authority, join(trusted, "ca.crt"));
        const digest = await push(engine, name);
        assert.equal(await registryDigest(engine, name), digest);
        await engine.delete(`/images/${name}`, { query: { force: true } });
        assert.equal((await pull(engine, name)).labels.version, "1");
      });
    },
  );
