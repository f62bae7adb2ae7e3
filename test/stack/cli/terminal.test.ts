import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Bed, bedMissing, startBed } from "../../support/bed/bed.js";
import { command } from "../../support/cli/command.js";
import { composeMissing, dockerCompose } from "../../support/docker-compose/docker-compose.js";
import { eventually } from "../../support/eventually.js";
import { containersOf, removeProject } from "../../support/bed/http-engine.js";
import { checkout } from "../../support/scripts.js";
import { Terminal } from "../../support/cli/terminal.js";

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
      `name: ${project}\nx-hosts: {a: "${host.address}"}\nservices:\n  web: {image: "k2-test/busybox:1", pull_policy: never, x-host: a, command: sleep 1000, depends_on: [db]}\n` +
        `  db: {image: "k2-test/busybox:1", pull_policy: never, x-host: a, command: sleep 1000, stop_signal: SIGKILL, healthcheck: {test: [CMD, "true"], interval: 2s}}\n`,
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

  it("must open a shell with the documented messages, and return its exit code", async () => {
    const terminal = k2("bash web");
    await terminal.until(/#####In \[web\] Container#####/);
    await terminal.until(/\/ # /);
    terminal.type("echo $((6*7))\r");
    await terminal.until(/\n42\r/);
    terminal.type("\u0003exit 5\r");
    await terminal.until(/#####Out \[web\] Container#####/);
    assert.equal(await terminal.end(), 5);
  });

  it("must change nothing after the answer no, and nothing after Ctrl-C", async () => {
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

  it("must let the user select images with SPACE", async () => {
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

  it("must end at Ctrl-C while it follows logs", async () => {
    const terminal = k2("logs -f web");
    await terminal.until(/Attaching to/);
    terminal.type("\u0003");
    assert.equal(await terminal.end(), 130);
  });

  it("must end without output when its terminal closes, even if it ignores SIGHUP", async () => {
    const launcher = `${process.execPath} ${join(checkout, "bin/k2-compose.js")}`;
    for (const [words, there] of [
      ["save --suffix t", /press SPACE to mark/],
      ["stop", /\[yN\] /],
      ["bash web", /\/ # /],
      ["run --rm web sh", /\/ # /],
    ] as const) {
      const errors = join(folder, "errors");
      const shell = `trap "" HUP; ${launcher} ${words} 2> ${errors}; echo $? >> ${errors}`;
      const terminal = new Terminal(`sh -c '${shell}'`, { cwd: folder, env });
      await terminal.until(there);
      terminal.vanish();
      for (const end = Date.now() + 60_000; Date.now() < end && !/\d\n$/.test(readFileSync(errors, "utf8"));)
        await sleep(50);
      assert.match(readFileSync(errors, "utf8"), /^(Hangup\n)?129\n$/, words);
      rmSync(errors);
    }
  });

  it("must have the engine remove a container of `run`, even if the CLI is gone", async () => {
    const ran = async (args: string[]) => {
      const bin = join(checkout, "bin/k2-compose.js");
      return command(process.execPath, [bin, "run", "--rm", ...args], { cwd: folder, env });
    };
    // The engine may still be removing the containers of the closed terminals.
    const known = new Set((await containersOf(bed.hosts.a!, project)).map(({ Id }) => Id));
    const left = async () =>
      (await containersOf(bed.hosts.a!, project)).flatMap(({ Id, Name }) => (known.has(Id) ? [] : [Name]));
    const { code, stdout } = await ran(["web", "sh", "-c", "echo done; exit 3"]);
    assert.deepEqual([code, stdout], [3, "done\n"]);
    assert.deepEqual(await left(), []);
    assert.equal((await ran(["-d", "web", "sleep", "1"])).code, 0);
    await eventually(left, []);
  });

  it("must stop services after the answer yes", async () => {
    const terminal = k2("stop -t 0");
    await terminal.until(/\[yN\] /);
    terminal.type("y\r");
    await terminal.until(/Stopping \[web\] \.\.\.\r\nDone\./);
    assert.equal(await terminal.end(), 0);
    assert.equal(await state(), "exited");
  });

  it("must start dependents when their dependencies are healthy again", async () => {
    assert.equal(await k2("start").end(), 0);
    const [db, web] = (await containersOf(bed.hosts.a!, project))
      .filter(({ Name }) => !Name.includes("-run-"))
      .map(({ State }) => Date.parse(State.StartedAt));
    assert.ok(web! - db! > 1_900, `${web! - db!} ms`);
  });
});
