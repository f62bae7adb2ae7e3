import assert from "node:assert/strict";
import { lstatSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { containersOf, engine } from "../../support/bed/http-engine.js";
import { cli as cliInProcess } from "../../support/cli/cli-run.js";
import { command } from "../../support/cli/command.js";
import { useTwoHosts } from "../../support/docker-compose/two-hosts.js";
import { composeMissing } from "../../support/docker-compose/docker-compose.js";
import { checkout, engineRequest } from "../../support/scripts.js";

describe("commands on containers of two hosts", { skip: bedMissing() ?? composeMissing() }, () => {
  const { folder, project, host, cli, states, ps } = useTwoHosts("18990:80");

  it("must merge the logs of both hosts", async () => {
    const { stdout } = await cli("logs", "--tail", "1", "busybox*");
    assert.match(stdout, /^busybox1_1@a {2}\| one$/m);
    assert.match(stdout, /^busybox2_1@b {2}\| two$/m);
    // The engine splits long lines into several messages.
    assert.match((await cli("logs", "busybox*")).stdout, /^busybox1_1@a {2}\| 0{40000}$/m);
    assert.match((await cli("logs", "--tail", "1")).stdout, /^busybox2_1@b {2}\| two$/m);
  });

  it("must run commands in containers and return their exit codes", async () => {
    const { stdout, stderr, code } = await cli(
      "exec",
      "busybox2",
      "sh",
      "-c",
      "echo out; echo err >&2; exit 3",
    );
    assert.deepEqual([stdout, stderr, code], ["out\n", "err\n", 3]);
    assert.equal((await cli("exec", "-it", "busybox2", "echo", "-it")).stdout, "-it\n");
    assert.equal((await cli("bash", "busybox1", "--", "sh", "-c", "exit 5")).code, 5);
    const run = await cli(
      "run",
      "--rm",
      "-e",
      "A=b",
      "--no-deps",
      "--entrypoint",
      "sh",
      "busybox1",
      "-c",
      "echo $A; exit 7",
    );
    assert.deepEqual([run.stdout, run.code], ["b\n", 7]);
    writeFileSync(join(folder, "vars"), "A=file\nB='from a file'\n");
    const shown = ["echo $A $B; grep CapEff /proc/self/status"];
    const given = ["--env-from-file", "vars", "-e", "A=said", "--cap-drop", "ALL", "--entrypoint", "sh"];
    const second = await cli("run", "--rm", "--no-deps", ...given, "busybox1", "-c", ...shown);
    assert.equal(second.stdout, "said from a file\nCapEff:\t0000000000000000\n", second.stderr);
    assert.equal((await containersOf(host("a"), project)).length, 1);
  });

  it("must detach from a command in a container at Ctrl-C, before the process is killed for ignoring it", async () => {
    const container = (await containersOf(host("b"), project))[0]!;
    const sleeping = async () => {
      const { Processes } = await engine<{ Processes: string[][] }>(
        host("b"),
        "GET",
        `/containers/${container.Id}/top`,
      );
      return Processes.some((cells) => cells.join(" ").includes("sleep 4711"));
    };
    const running = cliInProcess(["exec", "-T", "busybox2", "sleep", "4711"], {
      cwd: folder,
      env: { HOME: folder },
    });
    while (!(await sleeping()));
    // Without a handler in the CLI, this signal would end the whole test process.
    process.emit("SIGINT", "SIGINT");
    assert.equal((await running).code, 130);
  });

  it("must copy files in and out", async () => {
    writeFileSync(join(folder, "note"), "hello\n");
    assert.equal((await cli("cp", "note", "busybox2:/tmp-note")).code, 0);
    assert.equal((await cli("exec", "busybox2", "cat", "/tmp-note")).stdout, "hello\n");
    assert.equal((await cli("cp", "busybox2:/tmp-note", "back")).code, 0);
    assert.equal((await command("cat", [join(folder, "back")])).stdout, "hello\n");
    // Links are resolved in the container, and copied files belong to the user of the CLI.
    assert.equal((await cli("exec", "busybox2", "ln", "-s", "/tmp-note", "/link")).code, 0);
    assert.equal((await cli("exec", "busybox2", "chown", "4711:4711", "/tmp-note")).code, 0);
    const copied = async (...args: string[]) => {
      rmSync(join(folder, "back"), { force: true });
      const { code, stderr } = await cli("cp", ...args, "back");
      assert.equal(code, 0, stderr);
      return lstatSync(join(folder, "back"));
    };
    assert.ok((await copied("busybox2:/link")).isSymbolicLink());
    assert.ok((await copied("-L", "busybox2:/link")).isFile());
    assert.equal((await copied("busybox2:/tmp-note")).uid, process.getuid!());
    assert.equal((await copied("-a", "busybox2:/tmp-note")).uid, 4711);
    const make = "mkdir /pair; echo one > /pair/a; ln /pair/a /pair/b; mkfifo /pair/pipe";
    assert.equal((await cli("exec", "busybox2", "sh", "-c", make)).code, 0);
    const out = await cli("cp", "busybox2:/pair", "pair");
    assert.deepEqual([out.code, out.stderr.match(/pipe is not copied: it is a named pipe/g)?.length], [0, 1]);
    assert.equal(lstatSync(join(folder, "pair/a")).ino, lstatSync(join(folder, "pair/b")).ino);
    await command("mkfifo", [join(folder, "pair/pipe")]);
    const back = await cli("cp", "pair", "busybox2:/pair2");
    assert.deepEqual([back.code, back.stderr.match(/pipe is not copied/g)?.length], [0, 1]);
    assert.equal((await cli("exec", "busybox2", "ls", "/pair2")).stdout, "a\nb\n");
    assert.equal((await cli("export", "-o", "all.tar", "busybox2")).code, 0);
    assert.match((await command("tar", ["tf", join(folder, "all.tar")])).stdout, /^pair\/b$/m);
    const committed = await cli("commit", "-m", "note", "-c", "LABEL a=b", "busybox2", `${project}:1`);
    const { Comment, Config } = await engine<{ Comment: string; Config: { Labels: Record<string, string> } }>(
      host("b"),
      "GET",
      `/images/${committed.stdout.trim()}/json`,
    );
    assert.deepEqual([Comment, Config.Labels.a], ["note", "b"]);
    await engine(host("b"), "DELETE", `/images/${project}:1`);
    const oneOff = `${project}-one-off`;
    await cli("run", "-d", "--no-deps", "--name", oneOff, "--entrypoint", "sleep", "busybox2", "100");
    const inOneOff = async (path: string) => {
      const { status } = await engineRequest(
        { address: host("b").socket },
        "HEAD",
        `/containers/${oneOff}/archive?path=${path}`,
      );
      return status === 200;
    };
    assert.equal((await cli("cp", "note", "busybox2:/some")).code, 0);
    assert.equal((await cli("cp", "--all", "note", "busybox2:/all")).code, 0);
    assert.deepEqual([await inOneOff("/some"), await inOneOff("/all")], [false, true]);
    await engine(host("b"), "DELETE", `/containers/${oneOff}?force=true`);
  });

  it("must list processes, freeze, signal, and wait for the end", async () => {
    assert.match(
      (await cli("top", "busybox*")).stdout,
      /^busybox1 +1 +a +.*sh -c printf.*while true.*echo one/m,
    );
    assert.equal((await cli("pause", "busybox1")).stdout, "Pausing [busybox1] ...\nDone.\n");
    assert.deepEqual(await states("a"), ["paused"]);
    assert.equal((await cli("unpause", "busybox1")).stdout, "Unpausing [busybox1] ...\nDone.\n");
    assert.deepEqual(await states("a"), ["running"]);
    assert.match((await cli("unpause", "busybox1")).stderr, /busybox1 is not paused/);
    const [wait, kill] = await Promise.all([cli("wait", "busybox1"), cli("kill", "busybox1")]);
    assert.deepEqual([wait.stdout, wait.code], ["137\n", 137], wait.stderr);
    assert.equal(kill.stdout, "Killing [busybox1] ...\nDone.\n");
    assert.match((await cli("kill", "busybox1")).stderr, /busybox1 is not running/);
    assert.equal((await cli("start", "busybox1")).code, 0);
  });

  it("must restart with the documented output", async () => {
    const { stdout, code } = await cli("restart", "-t", "0", "busybox1");
    assert.deepEqual([stdout, code], ["Stopping [busybox1] ...\nDone.\nStarting [busybox1] ...\nDone.\n", 0]);
  });

  it("must stop dependents first and start dependencies first, with the documented output", async () => {
    const stop = await cli("stop", "-t", "0", "busybox*");
    assert.equal(stop.stdout, "Stopping [busybox2] ...\nDone.\nStopping [busybox1] ...\nDone.\n");
    assert.deepEqual([await states("a"), await states("b")], [["exited"], ["exited"]]);
    assert.equal((await ps()).services.busybox1![1], "stopped");
    const start = await cli("start", "busybox*");
    assert.equal(start.stdout, "Starting [busybox1] ...\nDone.\nStarting [busybox2] ...\nDone.\n");
    assert.deepEqual([await states("a"), await states("b")], [["running"], ["running"]]);
  });

  it("must act on all services without a terminal, and remove only what is stopped", async () => {
    assert.equal((await cli("pause")).code, 0);
    assert.deepEqual([await states("a"), await states("b")], [["paused"], ["paused"]]);
    assert.equal((await cli("unpause", "busybox*")).code, 0);
    const none = await cli("rm", "-f");
    assert.deepEqual([none.code, none.stderr], [0, "No stopped containers\n"]);
    assert.deepEqual([await states("a"), await states("b")], [["running"], ["running"]]);
  });

  it("must remove stopped containers, and running ones only with --force", async () => {
    const { stderr, code } = await cli("rm", "busybox2");
    assert.match(stderr, /^error: b: busybox2 is running\n {2}Stop it first, or use rm -f\.\n$/);
    assert.equal(code, 6);
    assert.equal((await cli("stop", "-t", "0", "-y", "busybox2")).code, 0);
    assert.equal((await cli("rm", "-f")).stdout, "Removing [busybox2] ...\nDone.\n");
    assert.equal((await ps()).services.busybox2![1], "undeployed");
  });

  it("must remove a project by name, without a compose file", async () => {
    const env = { PATH: process.env.PATH, HOME: folder, DOCKER_HOST: host("a").address };
    const args = [join(checkout, "bin/k2-compose.js"), "-p", project, "down", "-t", "0"];
    const down = await command(process.execPath, args, { cwd: "/", env });
    assert.deepEqual([await states("a"), down.code], [[], 0], down.stderr);
    const again = await command(process.execPath, args, { cwd: "/", env });
    assert.match(again.stderr, /unknown project cli/);
    assert.equal(again.code, 0);
  });
});
