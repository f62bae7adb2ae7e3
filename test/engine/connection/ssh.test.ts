import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { build } from "../../../provider/engine/builder/build.js";
import type { Engine } from "../../../provider/engine/connection/connect.js";
import { closeAll, connect } from "../../support/engines.js";
import { snapshot } from "../../../provider/engine/observe/snapshot.js";
import { type Bed, bedMissing, startBed } from "../../support/bed/bed.js";
import { type BedSsh, startSsh } from "../../support/bed/ssh.js";
import { eventually } from "../../support/eventually.js";
import { checkout } from "../../support/scripts.js";

const missing = bedMissing() ?? (process.env.K2_TEST_HOSTS && "it needs a host of the test bed");

describe("an engine over ssh", { skip: missing ?? false }, () => {
  const surroundings = { ...process.env };
  let bed: Bed;
  let ssh: BedSsh;
  let engine: Engine;
  let temporary: string;
  before(async () => {
    bed = await startBed({ hosts: ["a"] });
    ssh = await startSsh(bed.hosts.a!);
    temporary = mkdtempSync(join(tmpdir(), "k2-tmp-"));
    process.env.PATH = `${ssh.bin}:${process.env.PATH}`;
    process.env.TMPDIR = temporary;
    engine = connect({ name: "far", address: ssh.address });
  });
  afterEach(async () => {
    await closeAll();
    ssh.setKnownHost("right");
    ssh.configure("");
    engine = connect({ name: "far", address: ssh.address });
  });
  after(async () => {
    Object.assign(process.env, surroundings);
    await ssh.close();
    await bed.close();
    rmSync(temporary, { recursive: true });
  });
  const left = () => readdirSync(temporary).filter((name) => name.startsWith("k2-ssh-"));

  it("must be the one that ssh's configuration names", async () => {
    const here = await snapshot(connect({ name: "a", address: bed.hosts.a!.address }));
    const there = await snapshot(engine, { deadline: 60_000 });
    assert.equal(there.engine.id, here.engine.id);
  });

  it("must serve many calls and streams by one login", async () => {
    const before = ssh.logins();
    const streams = await Promise.all(Array.from({ length: 50 }, () => engine.stream("GET", "/events")));
    await Promise.all(Array.from({ length: 100 }, () => engine.get("/containers/json")));
    streams.forEach((stream) => stream.destroy());
    assert.equal(ssh.logins() - before, 1);
  });

  it("must support a build, which calls back", async () => {
    const context = mkdtempSync(join(tmpdir(), "k2-build-"));
    writeFileSync(join(context, "file"), "x".repeat(1_000_000));
    const definition = { context, dockerfile_inline: "FROM k2-test/busybox:1\nCOPY file /file\n" };
    const name = "k2-test/built-over-ssh:1";
    assert.match(await build(engine, definition, { names: [name] }), /^sha256:/);
    await engine.delete(`/images/${name}`);
    rmSync(context, { recursive: true });
  });

  it("must reconnect by itself after the connection broke", async () => {
    await engine.get("/info");
    const before = ssh.logins();
    ssh.drop();
    assert.ok(await engine.get("/info"));
    assert.equal(ssh.logins() - before, 1);
  });

  it("must end its calls when the connection breaks", async () => {
    const events = await engine.stream("GET", "/events");
    ssh.drop();
    // Other tests on this engine cause events.
    await assert.rejects(
      async () => {
        for await (const event of events) assert.ok(event);
      },
      (error: Error) => !(error instanceof assert.AssertionError),
    );
  });

  it("must be reached through a jump host", async () => {
    ssh.configure(`Host behind\n  HostName ${bed.hosts.a!.ip}\n  User root\n  ProxyJump k2-a`);
    const behind = connect({ name: "behind", address: ssh.address.replace("k2-a", "behind") });
    const before = ssh.logins();
    assert.ok(await behind.get("/info"));
    assert.equal(ssh.logins() - before, 2);
  });

  it("must be refused while its host key is unknown or has changed", async () => {
    ssh.setKnownHost("none");
    await assert.rejects(engine.get("/info"), {
      code: "refused",
      message: /^far: .*Host key verification failed.*\n {2}Connect once by hand \(ssh k2-a\)/s,
    });
    ssh.setKnownHost("other");
    await assert.rejects(engine.get("/info"), {
      code: "refused",
      message:
        /IDENTIFICATION HAS CHANGED.*\n {2}Another machine answers at this address.*ssh-keygen -R k2-a/s,
    });
  });

  it("must refuse a user without a key", async () => {
    ssh.configure("Host k2-a\n  IdentityFile /nowhere");
    ssh.configure("Host k2-a\n  PubkeyAuthentication no");
    await assert.rejects(engine.get("/info"), {
      code: "refused",
      message: /Permission denied.*\n {2}`ssh k2-a` must work without a password/s,
    });
  });

  it("must report that nothing listens on the socket", async () => {
    const wrong = connect({ name: "far", address: "ssh://k2-a/nowhere.sock" });
    await assert.rejects(wrong.get("/info"), {
      code: "unreachable",
      message: /nothing answers at \/nowhere.sock there/,
    });
    assert.deepEqual(left(), []);
  });

  it("must not block a cancelled caller of an engine that accepts calls and answers none", async () => {
    const socket = join(temporary, "silent.sock");
    const silent = createServer(() => undefined)
      .listen(socket)
      .unref();
    const dumb = connect({ name: "far", address: `ssh://k2-a${socket}` });
    await assert.rejects(snapshot(dumb, { deadline: 1_000 }), { code: "unreachable", message: /within 1 s/ });
    const begun = Date.now();
    await closeAll();
    // Without the cancellation, ssh gives up after 20 s.
    assert.ok(Date.now() - begun < 18_000);
    assert.deepEqual(left(), []);
    silent.close();
  });

  it("must leave nothing behind when it is closed", async () => {
    await engine.get("/info");
    assert.equal(left().length, 1);
    await closeAll();
    assert.deepEqual(left(), []);
  });

  it("must leave nothing behind when its process is killed", async () => {
    const script = `
      const { Connections } = await import(${JSON.stringify(join(checkout, "dist/provider/engine/connection/connect.js"))});
      await new Connections({ env: process.env }).engine({ name: "far", address: ${JSON.stringify(ssh.address)} }).get("/info");
      console.log("connected");
      setInterval(() => undefined, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    assert.equal(left().length, 1);
    child.kill("SIGKILL");
    await eventually(async () => left(), []);
  });

  it("must be closed before a process with nothing else to do ends", async () => {
    const script = `
      const { Connections } = await import(${JSON.stringify(join(checkout, "dist/provider/engine/connection/connect.js"))});
      const connections = new Connections({ env: process.env });
      await connections.engine({ name: "far", address: ${JSON.stringify(ssh.address)} }).get("/info");
      await connections.close();`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" });
    const code = await new Promise((resolve) => child.once("exit", resolve));
    assert.equal(code, 0);
    assert.deepEqual(left(), []);
  });

  it("must not keep a finished process running", async () => {
    const script = `
      const { Connections } = await import(${JSON.stringify(join(checkout, "dist/provider/engine/connection/connect.js"))});
      await new Connections({ env: process.env }).engine({ name: "far", address: ${JSON.stringify(ssh.address)} }).get("/info");`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" });
    const timer = setTimeout(() => child.kill("SIGKILL"), 60_000);
    const code = await new Promise((resolve) => child.once("exit", resolve));
    clearTimeout(timer);
    assert.equal(code, 0);
  });
});
