import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { K2Error } from "../../../provider/shared/errors.js";
import { Connections, type Engine } from "../../../provider/engine/connection/connect.js";
import { closeAll, connect } from "../../support/engines.js";
import { snapshot } from "../../../provider/engine/observe/snapshot.js";
import { type Bed, bedMissing, startBed } from "../../support/bed/bed.js";
import { engineProxyTo } from "../../support/servers/engine-proxy.js";
import { eventually } from "../../support/eventually.js";
import { FakeEngine } from "../../support/fake-engine/fake-engine.js";

describe("a real engine", { skip: bedMissing() ?? false }, () => {
  let bed: Bed;
  before(async () => {
    bed = await startBed({ hosts: ["a"], tls: ["t"] });
  });
  after(async () => {
    await closeAll();
    await bed.close();
  });

  const transports: [string, () => Engine][] = [
    ["unix", () => connect({ name: "a", address: bed.hosts.a!.socket })],
    ["tcp", () => connect({ name: "a", address: bed.hosts.a!.address })],
    ["host:port", () => connect({ name: "a", address: bed.hosts.a!.address.replace("tcp://", "") })],
    ["TLS", () => connect({ name: "t", address: bed.hosts.t!.address, tls: bed.hosts.t!.certificates! })],
  ];
  for (const [transport, engineOf] of transports)
    it(`must answer over ${transport}`, async () => {
      const { engine, networks } = await snapshot(engineOf(), { deadline: 60_000 });
      assert.match(engine.id, /\S+/);
      assert.equal(engine.os, "linux");
      assert.ok(networks.some(({ name }) => name === "host"));
    });

  it("must be reached regardless of docker's environment variables", async () => {
    process.env.DOCKER_HOST = "tcp://127.0.0.1:1";
    process.env.DOCKER_CERT_PATH = "/nowhere";
    try {
      await closeAll();
      assert.ok(await transports[0]![1]().get("/info"));
    } finally {
      delete process.env.DOCKER_HOST;
      delete process.env.DOCKER_CERT_PATH;
    }
  });

  it("must get its whole deadline, however long Pulumi takes to decrypt the certificates", async () => {
    const folder = bed.hosts.t!.certificates!;
    const [ca, cert, key] = ["ca", "cert", "key"].map((part) =>
      readFileSync(join(folder, `${part}.pem`), "utf8"),
    );
    const tlsSecrets = () => sleep(3_500, { ca: ca!, cert: cert!, key: key! });
    const connections = new Connections({ env: {}, tlsSecrets });
    try {
      const host = { name: "t", address: bed.hosts.t!.address, tls: "secret://slow" };
      const { engine } = await snapshot(connections.engine(host), { deadline: 3_000 });
      assert.equal(engine.os, "linux");
    } finally {
      await connections.close();
    }
  });

  it("must refuse a client without its certificates, with a hint", async () => {
    const plain = connect({ name: "t", address: bed.hosts.t!.address });
    await assert.rejects(plain.get("/info"), (error: K2Error) => {
      assert.equal(error.code, "refused");
      assert.match(error.message, /^t: .*\n {2}This engine speaks TLS/s);
      return true;
    });
    const stranger = connect({ name: "t", address: bed.hosts.t!.address.replace("tcp:", "https:") });
    await assert.rejects(stranger.get("/info"), { code: "refused", at: "t" });
  });

  it("must report plain TCP to a TLS engine", async () => {
    const wrong = connect({ name: "a", address: bed.hosts.a!.address, tls: bed.hosts.t!.certificates! });
    await assert.rejects(wrong.get("/info"), { code: "refused", at: "a" });
  });

  it("must give a hint when it does not support the pinned version", async () => {
    const pinned = connect({ name: "a", address: bed.hosts.a!.address, api_version: "1.99" });
    await assert.rejects(pinned.get("/info"), {
      code: "engine",
      message: /^a: client version 1.99 is too new.*\n {2}Set DOCKER_API_VERSION=auto/,
    });
  });

  it("must time out for a host that is disconnected", async () => {
    // Only this proxy becomes silent; other tests keep using the engine directly.
    const proxy = await engineProxyTo(bed.hosts.a!);
    const engine = connect({ name: "a", address: proxy.address });
    await engine.get("/info");
    proxy.holdFrom(/^GET /m);
    try {
      const begin = Date.now();
      await assert.rejects(snapshot(engine, { deadline: 500 }), { code: "unreachable", at: "a" });
      assert.ok(Date.now() - begin < 50_000, "without the deadline the call would take a minute");
    } finally {
      await proxy.shut();
    }
  });
});

describe("an engine that fails", () => {
  let fake: FakeEngine;
  let engine: Engine;
  before(async () => {
    fake = await FakeEngine.start();
    engine = connect({ name: "as", address: fake.address });
  });
  after(async () => {
    await closeAll();
    await fake.close();
  });

  it("must not be waited for beyond the deadline", async () => {
    fake.fail("GET", /^\/info/, { hang: true });
    await assert.rejects(
      engine.get("/info", { timeout: 200 }),
      /as: no answer from the engine at tcp:.*within 0.2 s/,
    );
    fake.clearFailures();
  });

  it("must not be reported as unreachable while it is only slow: it answers a ping", async () => {
    await engine.apiVersion();
    const pings = () => fake.calls().filter((call) => call === "GET /_ping").length;
    const earlier = pings();
    fake.fail("GET", /^\/info/, { after: eventually(() => Promise.resolve(pings() > earlier), true) });
    const seen = await snapshot(engine, { deadline: 1_000 });
    assert.equal(seen.engine.os, "linux");
    fake.clearFailures();
  });

  it("must be reported at the deadline of a snapshot when it does not answer at all", async () => {
    await engine.apiVersion();
    fake.fail("GET", /./, { hang: true });
    await assert.rejects(
      snapshot(engine, { deadline: 300 }),
      /as: no answer from the engine at tcp:.*within 0.3 s/,
    );
    fake.clearFailures();
  });

  it("must be an error when it cuts an answer in the middle", async () => {
    fake.fail("GET", /^\/info/, { cut: "body" });
    await assert.rejects(engine.get("/info"), { code: "unreachable", at: "as" });
    fake.clearFailures();
  });

  it("must get the request again when it closed a kept connection", async () => {
    await engine.get("/info");
    fake.fail("GET", /^\/info/, { cut: "before" }, 1);
    assert.ok(await engine.get("/info"));
    fake.fail("POST", /^\/containers\/x\/start/, { cut: "before" }, 1);
    await assert.rejects(engine.post("/containers/x/start"), { code: "unreachable" });
    fake.clearFailures();
  });

  const codes: [number, string][] = [
    [401, "refused"],
    [403, "refused"],
    [404, "not-found"],
    [409, "conflict"],
    [500, "engine"],
  ];
  for (const [status, code] of codes)
    it(`must be reported by its status ${status}`, async () => {
      fake.fail("GET", /^\/info/, { status, message: "so it is" });
      await assert.rejects(engine.get("/info"), { code, status, message: "as: so it is" });
      assert.equal(await engine.get("/info", { ok: [status] }), undefined);
      fake.clearFailures();
    });

  it("must end at once when the caller stops", async () => {
    fake.fail("GET", /^\/info/, { hang: true });
    const stop = new AbortController();
    const asked = engine.get("/info", { signal: stop.signal });
    setTimeout(() => stop.abort(), 50);
    await assert.rejects(asked, { code: "cancelled", at: "as" });
    fake.clearFailures();
  });

  it("must suggest both remedies when nothing listens there", async () => {
    const nobody = connect({ name: "db", address: "tcp://127.0.0.1:1" });
    await assert.rejects(nobody.get("/info"), (error: K2Error) => {
      assert.equal(error.code, "unreachable");
      assert.match(
        error.message,
        /^db: no answer from the engine at tcp:\/\/127.0.0.1:1 \(connection refused\)/,
      );
      assert.match(error.message, /dockerd -H tcp:/);
      assert.match(error.message, /DOCKER_API_VERSION=/);
      return true;
    });
  });

  it("must never get a body in a URL", async () => {
    fake.contents.addImage("app");
    const body = { Image: "app", Env: ["PASSWORD=hunter2"], Labels: { secret: "hunter2" } };
    await engine.post("/containers/create", { query: { name: "one" }, body });
    await engine.post("/volumes/create", { body: { Name: "v", DriverOpts: { password: "hunter2" } } });
    await engine.post("/networks/create", { body: { Name: "n", Options: { password: "hunter2" } } });
    assert.equal(fake.requests.filter((request) => request.body.includes("hunter2")).length, 3);
    assert.deepEqual(
      fake.requests.filter((request) => request.url.includes("hunter2")),
      [],
    );
  });

  it("must be reached over few connections, however many streams are followed", async () => {
    const before = fake.openConnections;
    await Promise.all(Array.from({ length: 100 }, () => engine.get("/containers/json")));
    assert.ok(fake.openConnections - before <= 16, `${fake.openConnections} connections`);
  });
});

describe("the API version", () => {
  const spoken = async (theirs: string, pin?: string) => {
    const fake = await FakeEngine.start({ apiVersion: theirs });
    try {
      const engine = connect({
        name: "as",
        address: fake.address,
        ...(pin === undefined ? {} : { api_version: pin }),
      });
      return await engine.apiVersion();
    } finally {
      await closeAll();
      await fake.close();
    }
  };

  it("must be the lower one of both sides", async () => {
    assert.equal(await spoken("1.41"), "1.41");
    assert.equal(await spoken("1.99"), "1.51");
  });

  it("must be the pinned one, and the host's pin before the environment's", async () => {
    assert.equal(await spoken("1.41", "1.30"), "1.30");
    process.env.DOCKER_API_VERSION = "1.35";
    try {
      assert.equal(await spoken("1.41"), "1.35");
      assert.equal(await spoken("1.41", "auto"), "1.41");
    } finally {
      delete process.env.DOCKER_API_VERSION;
    }
  });
});
