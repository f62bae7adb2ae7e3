import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { build } from "../../provider/engine/builder/build.js";
import type { Engine } from "../../provider/engine/connection/connect.js";
import { closeAll, connect } from "../support/engines.js";
import { inspectImage } from "../../provider/engine/images/image.js";
import { pull } from "../../provider/engine/images/pull.js";
import { push } from "../../provider/engine/images/push.js";
import { transferImage } from "../../provider/engine/images/transfer.js";
import { type Bed, bedMissing, startBed } from "../support/bed/bed.js";
import { subnet } from "../support/bed/bed-place.js";
import { type BedRegistry, startRegistry } from "../support/bed/registry.js";
import { must } from "../support/cli/command.js";

describe("an engine whose disk is full", { skip: bedMissing() ?? false }, () => {
  let bed: Bed;
  let registry: BedRegistry;
  let folder: string;
  let daemon: ChildProcess;
  let small: Engine;
  let big: Engine;
  let name: string;
  before(async () => {
    bed = await startBed({ hosts: ["a"] });
    registry = await startRegistry();
    folder = await mkdtemp(join(tmpdir(), "k2-full-"));
    await mkdir(join(folder, "data"));
    await must("mount", "-t", "tmpfs", "-o", "size=60m", "k2-full", join(folder, "data"));
    const socket = join(folder, "docker.sock");
    const args = [
      "--data-root",
      join(folder, "data"),
      "--exec-root",
      join(folder, "exec"),
      "-H",
      `unix://${socket}`,
    ];
    const apart = [
      "--pidfile",
      join(folder, "pid"),
      "--bridge=none",
      "--iptables=false",
      "--insecure-registry",
      subnet(),
    ];
    daemon = spawn("dockerd", [...args, ...apart], { stdio: "ignore" });
    small = connect({ name: "small", address: `unix://${socket}` });
    for (let attempt = 0; attempt < 100 && !(await small.get("/info").catch(() => undefined)); attempt++)
      await sleep(200);
    big = connect({ name: "a", address: bed.hosts.a!.address });
    name = `${registry.address}/big:1`;
    const dockerfile_inline = `FROM k2-test/busybox:1\nRUN dd if=/dev/urandom of=/big bs=1M count=100 && echo ${name}\n`;
    const context = join(folder, "context");
    await mkdir(context);
    await build(big, { context, dockerfile_inline }, { names: [name] });
    await push(big, name);
  });
  after(async () => {
    await big.delete(`/images/${name}`, { query: { force: true }, ok: [404] });
    await closeAll();
    daemon.kill("SIGTERM");
    await new Promise((resolve) => daemon.once("exit", resolve));
    await must("umount", "-l", join(folder, "data"));
    await rm(folder, { recursive: true, force: true });
    await registry.close();
    await bed.close();
  });

  it("must be reported when an image is pulled", async () => {
    await assert.rejects(pull(small, name), {
      code: "engine",
      at: "small",
      message: /^small: pull .*no space left on device\n {2}The engine's disk is full/,
    });
    assert.equal(await inspectImage(small, name), undefined);
  });

  it("must be reported when an image is sent", async () => {
    await assert.rejects(transferImage(big, small, name), {
      code: "engine",
      at: "small",
      message: /no space left on device\n {2}The engine's disk is full/,
    });
  });

  it("must accept an image that is small enough", async () => {
    assert.ok(await transferImage(big, small, "k2-test/busybox:1"));
  });
});
