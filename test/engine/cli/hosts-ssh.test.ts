import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Bed, bedMissing, startBed } from "../../support/bed/bed.js";
import { type BedSsh, startSsh } from "../../support/bed/ssh.js";
import { command } from "../../support/cli/command.js";
import { checkout } from "../../support/scripts.js";
import { openTerminal, terminalMissing } from "../../support/cli/tmux.js";

describe("`hosts ssh` and `hosts scp`", { skip: bedMissing() ?? terminalMissing() }, () => {
  const folder = mkdtempSync(join(tmpdir(), "k2-hosts-ssh-"));
  const launcher = [process.execPath, join(checkout, "bin/k2-compose.js")];
  let bed: Bed;
  let ssh: BedSsh;
  let env: NodeJS.ProcessEnv;
  before(async () => {
    bed = await startBed({ hosts: ["a"] });
    ssh = await startSsh(bed.hosts.a!);
    const hosts = JSON.stringify({ far: ssh.address, here: "unix:///var/run/docker.sock" });
    writeFileSync(
      join(folder, "k2-compose.yml"),
      `hosts: ${hosts}\nservices: {web: {image: x, host: far}}\n`,
    );
    env = { PATH: [ssh.bin, process.env.PATH].join(delimiter), HOME: folder };
  });
  after(async () => {
    await ssh.close();
    await bed.close();
    rmSync(folder, { recursive: true });
  });
  const k2 = (...args: string[]) =>
    command(launcher[0]!, [launcher[1]!, "hosts", ...args], { cwd: folder, env });

  it("must run a command there, and return its exit code", async () => {
    const { stdout, code } = await k2("ssh", "far", "echo $SSH_CONNECTION; exit 5");
    assert.match(stdout, new RegExp(` ${bed.hosts.a!.ip} ${ssh.port}$`, "m"));
    assert.equal(code, 5);
  });

  it("must copy files there and back", async () => {
    writeFileSync(join(folder, "note"), "hello\n");
    const there = join(folder, "there");
    assert.equal((await k2("scp", "note", `far:${there}`)).code, 0);
    assert.equal((await k2("scp", `far:${there}`, "back")).code, 0);
    assert.equal(readFileSync(join(folder, "back"), "utf8"), "hello\n");
  });

  it("must open a shell in a terminal", async () => {
    const terminal = openTerminal([...launcher, "hosts", "ssh", "far"], { cwd: folder, env });
    try {
      // The remote shell prints a greeting or a prompt, whose text varies.
      await terminal.until((screen) => screen.some((line) => line !== ""));
      terminal.type("tty && echo $((6*7)) && exit 3", "Enter");
      assert.equal(await terminal.ended(), 3);
      assert.ok(terminal.history().includes("42"), terminal.history().join("\n"));
      assert.ok(terminal.history().some((line) => line.startsWith("/dev/")));
    } finally {
      terminal.close();
    }
  });

  it("must report unknown hosts, and hosts without ssh", async () => {
    assert.match((await k2("ssh", "away")).stderr, /no such host: away \(available: .*far/);
    assert.match((await k2("ssh", "here")).stderr, /here is the engine of this machine/);
    assert.match((await k2("ssh")).stderr, /no host given/);
  });
});
