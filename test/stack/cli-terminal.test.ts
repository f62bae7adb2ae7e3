import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Bed, bedMissing, startBed } from "../support/bed.js";
import { composeMissing, dockerCompose } from "../support/compose-oracle.js";
import { containersOf, removeProject } from "../support/http-engine.js";
import { checkout } from "../support/scripts.js";
import { Terminal } from "../support/terminal.js";

describe("the CLI in a terminal", { skip: bedMissing() ?? composeMissing() }, () => {
  const folder = mkdtempSync(join(tmpdir(), "k2-tty-"));
  const project = `tty${folder.slice(-6).toLowerCase()}`;
  const env = { PATH: process.env.PATH, HOME: folder, TERM: "xterm" };
  let bed: Bed;

  before(async () => {
    bed = await startBed({ hosts: ["a"] });
    const host = bed.hosts.a!;
    writeFileSync(
      join(folder, "compose.yml"),
      `name: ${project}\nx-hosts: {a: "${host.address}"}\nservices:\n  web: {image: "k2-test/busybox:1", pull_policy: never, x-host: a, command: sleep 1000}\n`,
    );
    assert.equal((await dockerCompose(host, ["up", "-d"], { cwd: folder })).code, 0);
  });

  after(async () => {
    await removeProject(bed.hosts.a!, project);
    await bed.close();
  });

  const k2 = (command: string) =>
    new Terminal(`${process.execPath} ${join(checkout, "bin/k2-compose.js")} ${command}`, {
      cwd: folder,
      env,
    });
  const state = async () => (await containersOf(bed.hosts.a!, project))[0]?.State.Status;

  it("must give a shell with the manual's words around it, and its exit code", async () => {
    const terminal = k2("bash web");
    await terminal.until(/#####In \[web\] Container#####/);
    await terminal.until(/\/ # /);
    terminal.type("echo $((6*7))\r");
    await terminal.until(/\n42\r/);
    terminal.type("\u0003exit 5\r");
    await terminal.until(/#####Out \[web\] Container#####/);
    assert.equal(await terminal.end(), 5);
  });

  it("must do nothing after a no, and nothing after Ctrl-C", async () => {
    for (const [answer, code] of [
      ["n\r", 1],
      ["\u0003", 130],
    ] as const) {
      const terminal = k2("stop");
      await terminal.until(/Going to stop ALL-Services\. Are you sure\? \[yN\] /);
      terminal.type(answer);
      assert.equal(await terminal.end(), code);
      assert.equal(await state(), "running");
    }
  });

  it("must let images be chosen with SPACE", async () => {
    const terminal = k2("save --suffix t --only-tag");
    await terminal.until(/press SPACE to mark/);
    terminal.type(" ");
    await terminal.until(/> {2}k2-test/);
    terminal.type(" ");
    await terminal.until(/>\* k2-test/);
    terminal.type("\r");
    await terminal.until(/Tagging k2-test\/busybox:1 => k2-test\/busybox:1t/);
    assert.equal(await terminal.end(), 0);
  });

  it("must end at Ctrl-C while logs are followed", async () => {
    const terminal = k2("logs -f web");
    await terminal.until(/Attaching to/);
    terminal.type("\u0003");
    assert.equal(await terminal.end(), 130);
  });

  it("must stop after a yes", async () => {
    const terminal = k2("stop -t 0");
    await terminal.until(/\[yN\] /);
    terminal.type("y\r");
    await terminal.until(/Stopping \[web\] \.\.\.\r\nDone\./);
    assert.equal(await terminal.end(), 0);
    assert.equal(await state(), "exited");
  });
});
