import assert from "node:assert/strict";
import { lstatSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Bed, bedMissing, startBed } from "../../support/bed/bed.js";
import { composeMissing, dockerCompose } from "../../support/docker-compose/docker-compose.js";
import { cli } from "../../support/cli/cli-run.js";
import { command } from "../../support/cli/command.js";
import { eventually } from "../../support/eventually.js";
import { containersOf, engine, removeProject } from "../../support/bed/http-engine.js";
import { checkout, engineRequest } from "../../support/scripts.js";

/**
 * The example of the original: two services on two hosts. docker compose deploys them; it ignores the x- attributes.
 */
describe("the CLI on two hosts", { skip: bedMissing() ?? composeMissing() }, () => {
  const folder = mkdtempSync(join(tmpdir(), "k2-cli-"));
  const project = `cli${folder.slice(-6).toLowerCase()}`;
  let bed: Bed;

  before(async () => {
    bed = await startBed({ hosts: ["a", "b"] });
    writeFileSync(join(folder, "compose.yml"), composeFile(project, bed));
    for (const [host, service] of [
      ["a", "busybox1"],
      ["b", "busybox2"],
    ] as const)
      assert.equal(
        (await dockerCompose(bed.hosts[host]!, ["up", "-d", "--no-deps", service], { cwd: folder })).code,
        0,
      );
  });

  after(async () => {
    for (const name of ["a", "b"]) await removeProject(bed.hosts[name]!, project);
    await bed.close();
  });

  const k2 = (...args: string[]) =>
    command(process.execPath, [join(checkout, "bin/k2-compose.js"), ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder },
      timeoutMs: 120_000,
    });
  const states = async (host: string) =>
    (await containersOf(bed.hosts[host]!, project)).map(({ State }) => State.Status);
  /** Returns the cells of the table by service. */
  const ps = async (...args: string[]) => {
    const { stdout, code } = await k2("ps", ...args);
    const rows = stdout.split("\n").filter((line) => line.startsWith("| "));
    const cells = rows.slice(1).map((row) =>
      row
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
    return {
      code,
      head: rows[0],
      services: Object.fromEntries(cells.map(([service, ...rest]) => [service, rest])),
    };
  };

  it("must show the documented columns, and an error where the health_check fails", async () => {
    const { head, services, code } = await ps();
    assert.equal(
      head!.replaceAll(/\s+/g, ""),
      "|Service|Host|Service-Status|Image-Status|Depends-On|Ports|Network-Mode|",
    );
    assert.deepEqual(services.busybox1!.slice(1, 4), ["running", "", ""]);
    assert.deepEqual(services.busybox2!.slice(1, 4), ["error", "", "- busybox1"]);
    assert.equal(services.busybox2![0], "b");
    assert.deepEqual(services.undeployed!.slice(1, 2), ["undeployed"]);
    assert.equal(code, 0);
  });

  it("must exit with 0 for a single service only if it is running", async () => {
    assert.equal((await ps("busybox1")).code, 0);
    assert.equal((await ps("busybox2")).code, 8);
  });

  it("must show `changed` where the tag now refers to another image", async () => {
    const tag = (from: string) =>
      command("curl", [
        "-s",
        "-X",
        "POST",
        "--unix-socket",
        bed.hosts.a!.socket.slice("unix://".length),
        `http://d/images/${from}/tag?repo=k2-cli/${project}&tag=1`,
      ]);
    await tag("k2-test/busybox:1");
    writeFileSync(
      join(folder, "changed.yml"),
      `name: ${project}x\nservices: {one: {image: "k2-cli/${project}:1", command: sleep 1000, x-host: a}}\nx-hosts: {a: "${bed.hosts.a!.address}"}\n`,
    );
    await dockerCompose(bed.hosts.a!, ["-f", "changed.yml", "up", "-d", "--pull", "never"], { cwd: folder });
    try {
      assert.match(
        (await k2("-f", "changed.yml", "inspect")).stdout,
        new RegExp(`k2-cli/${project}:1 +│ one`),
      );
      await tag("k2-test/busybox:2");
      assert.match((await k2("-f", "changed.yml", "ps")).stdout, /running +\| changed/);
      assert.match((await k2("-f", "changed.yml", "inspect")).stdout, /!\(NOT MATCH\)/);
      const { stdout, code } = await k2("-f", "changed.yml", "save", "--suffix", "x", "--no-interaction");
      assert.match(stdout, /skip\(not match\) +k2-cli.*\n.*\n.*please fix it first/);
      assert.equal(code, 6);
    } finally {
      await removeProject(bed.hosts.a!, `${project}x`);
    }
  });

  it("must print containers by docker compose's templates and fields", async () => {
    const theirs = async (format: string) =>
      (await dockerCompose(bed.hosts.a!, ["ps", "--format", format], { cwd: folder })).stdout;
    for (const format of [
      "{{.Name}} {{.State}}{{range .Publishers}} {{.PublishedPort}}{{end}}",
      "table {{.ID}}\\t{{.Service}}\\t{{.Image}}\\t{{.Command}}",
      'table {{upper .Name}}\\t{{.Label "com.docker.compose.project"}}\\t{{.Ports}}\\t{{.CreatedAt}}',
      "{{json .Networks}} {{.Mounts}}|{{.LocalVolumes}} {{if eq .ExitCode 0}}well{{end}}",
    ]) {
      const ours = await k2("ps", "--filter", "host=a", "--filter", "status=running", "--format", format);
      assert.equal(ours.stdout.trimEnd(), (await theirs(format)).trimEnd(), ours.stderr);
    }
    const timeless = (text: string) => {
      const { RunningFor: _, Status: __, Labels, ...row } = JSON.parse(text) as Record<string, unknown>;
      return { ...row, Labels: String(Labels).split(",").sort() };
    };
    const { Host, ...ours } = timeless((await k2("ps", "--format", "json", "busybox1")).stdout) as {
      Host?: string;
    };
    const fields = timeless(await theirs("json")) as Record<string, unknown>;
    assert.deepEqual(ours, fields);
    assert.equal(Host, "a");
  });

  it("must report what is wrong with a template or filter", async () => {
    for (const [args, message] of [
      [["--format", "{{.Nmae}}"], /no such field: Nmae\n.*Available: Command, CreatedAt/],
      [["--format", "names"], /must be table, json, or a template/],
      [["--filter", "colour=red"], /--filter: unknown key colour \(available: status/],
    ] as const) {
      const { stderr, code } = await k2("ps", ...args);
      assert.match(stderr, message);
      assert.equal(code, 2);
    }
  });

  it("must format the rows of other commands by templates too", async () => {
    const { a } = bed.hosts;
    assert.equal(
      (await k2("hosts", "--format", "{{.Name}}={{.URL}}")).stdout.split("\n")[0],
      `a=${a!.address}`,
    );
    assert.equal(
      (await k2("ls", "--format", `{{if eq .Name "${project}"}}{{.Hosts}}{{end}}`)).stdout.trim(),
      "a,b",
    );
    assert.equal((await k2("ls", "-q", "--filter", `name=${project.slice(1)}`)).stdout, `${project}\n`);
    assert.equal((await k2("ls", "-q", "--filter", "name=nobody*")).stdout, "");
    const images = await k2("images", "--format", "table {{.Repository}}\\t{{.Tag}}\\t{{.Host}}", "busybox1");
    assert.match(images.stdout, /^REPOSITORY {8}TAG {7}HOST\nk2-test\/busybox {3}1 {9}a$/m);
    const stats = await k2("stats", "--no-stream", "--format", "{{.Service}} {{.Host}}", "busybox2");
    assert.equal(stats.stdout, "busybox2 b\n");
    const whole = await k2("stats", "--no-stream", "--no-trunc", "--all", "--format", "{{.ID}}", "busybox2");
    assert.match(whole.stdout, /^[0-9a-f]{64}\n$/);
  });

  it("must merge the logs of both hosts", async () => {
    const { stdout } = await k2("logs", "--tail", "1", "busybox*");
    assert.match(stdout, /^busybox1_1@a {2}\| one$/m);
    assert.match(stdout, /^busybox2_1@b {2}\| two$/m);
    // The engine splits long lines into several messages.
    assert.match((await k2("logs", "busybox*")).stdout, /^busybox1_1@a {2}\| 0{40000}$/m);
    assert.match((await k2("logs", "--tail", "1")).stdout, /^busybox2_1@b {2}\| two$/m);
  });

  it("must run commands in containers and return their exit codes", async () => {
    const { stdout, stderr, code } = await k2(
      "exec",
      "busybox2",
      "sh",
      "-c",
      "echo out; echo err >&2; exit 3",
    );
    assert.deepEqual([stdout, stderr, code], ["out\n", "err\n", 3]);
    assert.equal((await k2("exec", "-it", "busybox2", "echo", "-it")).stdout, "-it\n");
    assert.equal((await k2("bash", "busybox1", "--", "sh", "-c", "exit 5")).code, 5);
    const run = await k2(
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
    const second = await k2("run", "--rm", "--no-deps", ...given, "busybox1", "-c", ...shown);
    assert.equal(second.stdout, "said from a file\nCapEff:\t0000000000000000\n", second.stderr);
    assert.equal((await containersOf(bed.hosts.a!, project)).length, 1);
  });

  it("must detach from a command in a container at Ctrl-C, before the process is killed for ignoring it", async () => {
    const container = (await containersOf(bed.hosts.b!, project))[0]!;
    const sleeping = async () => {
      const { Processes } = await engine<{ Processes: string[][] }>(
        bed.hosts.b!,
        "GET",
        `/containers/${container.Id}/top`,
      );
      return Processes.some((cells) => cells.join(" ").includes("sleep 4711"));
    };
    const running = cli(["exec", "-T", "busybox2", "sleep", "4711"], { cwd: folder, env: { HOME: folder } });
    while (!(await sleeping()));
    // Without a handler in the CLI, this signal would end the whole test process.
    process.emit("SIGINT", "SIGINT");
    assert.equal((await running).code, 130);
  });

  it("must copy files in and out", async () => {
    writeFileSync(join(folder, "note"), "hello\n");
    assert.equal((await k2("cp", "note", "busybox2:/tmp-note")).code, 0);
    assert.equal((await k2("exec", "busybox2", "cat", "/tmp-note")).stdout, "hello\n");
    assert.equal((await k2("cp", "busybox2:/tmp-note", "back")).code, 0);
    assert.equal((await command("cat", [join(folder, "back")])).stdout, "hello\n");
    // Links are resolved in the container, and copied files belong to the user of the CLI.
    assert.equal((await k2("exec", "busybox2", "ln", "-s", "/tmp-note", "/link")).code, 0);
    assert.equal((await k2("exec", "busybox2", "chown", "4711:4711", "/tmp-note")).code, 0);
    const copied = async (...args: string[]) => {
      rmSync(join(folder, "back"), { force: true });
      const { code, stderr } = await k2("cp", ...args, "back");
      assert.equal(code, 0, stderr);
      return lstatSync(join(folder, "back"));
    };
    assert.ok((await copied("busybox2:/link")).isSymbolicLink());
    assert.ok((await copied("-L", "busybox2:/link")).isFile());
    assert.equal((await copied("busybox2:/tmp-note")).uid, process.getuid!());
    assert.equal((await copied("-a", "busybox2:/tmp-note")).uid, 4711);
    const make = "mkdir /pair; echo one > /pair/a; ln /pair/a /pair/b; mkfifo /pair/pipe";
    assert.equal((await k2("exec", "busybox2", "sh", "-c", make)).code, 0);
    const out = await k2("cp", "busybox2:/pair", "pair");
    assert.deepEqual([out.code, out.stderr.match(/pipe is not copied: it is a named pipe/g)?.length], [0, 1]);
    assert.equal(lstatSync(join(folder, "pair/a")).ino, lstatSync(join(folder, "pair/b")).ino);
    await command("mkfifo", [join(folder, "pair/pipe")]);
    const back = await k2("cp", "pair", "busybox2:/pair2");
    assert.deepEqual([back.code, back.stderr.match(/pipe is not copied/g)?.length], [0, 1]);
    assert.equal((await k2("exec", "busybox2", "ls", "/pair2")).stdout, "a\nb\n");
    assert.equal((await k2("export", "-o", "all.tar", "busybox2")).code, 0);
    assert.match((await command("tar", ["tf", join(folder, "all.tar")])).stdout, /^pair\/b$/m);
    const committed = await k2("commit", "-m", "note", "-c", "LABEL a=b", "busybox2", `${project}:1`);
    const { Comment, Config } = await engine<{ Comment: string; Config: { Labels: Record<string, string> } }>(
      bed.hosts.b!,
      "GET",
      `/images/${committed.stdout.trim()}/json`,
    );
    assert.deepEqual([Comment, Config.Labels.a], ["note", "b"]);
    await engine(bed.hosts.b!, "DELETE", `/images/${project}:1`);
    const oneOff = `${project}-one-off`;
    await k2("run", "-d", "--no-deps", "--name", oneOff, "--entrypoint", "sleep", "busybox2", "100");
    const inOneOff = async (path: string) => {
      const { status } = await engineRequest(
        { address: bed.hosts.b!.socket },
        "HEAD",
        `/containers/${oneOff}/archive?path=${path}`,
      );
      return status === 200;
    };
    assert.equal((await k2("cp", "note", "busybox2:/some")).code, 0);
    assert.equal((await k2("cp", "--all", "note", "busybox2:/all")).code, 0);
    assert.deepEqual([await inOneOff("/some"), await inOneOff("/all")], [false, true]);
    await engine(bed.hosts.b!, "DELETE", `/containers/${oneOff}?force=true`);
  });

  it("must print a published port with its host's address", async () => {
    for (const port of ["80", "80/tcp"])
      assert.equal((await k2("port", "busybox1", port)).stdout, `${bed.hosts.a!.ip}:18980\n`);
    assert.match((await k2("port", "busybox1", "80/udp")).stderr, /publishes no port 80\/udp\n/);
  });

  it("must report to OpenTSDB with the documented metric names", async () => {
    const { stdout } = await k2("agent", "--prefix", "gw", "--once", "--no-dashboard");
    for (const line of [
      `gw.${project}.hosts.a \\d+ 1 host=a`,
      `gw.${project}.containers.busybox1 \\d+ \\d+ host=a container=busybox1`,
      `gw.${project}.containers.busybox1.mem_usage \\d+ \\d+ host=a container=busybox1`,
      `gw.${project}.containers.busybox1.cpu_percent \\d+ \\d+\\.\\d+ host=a container=busybox1`,
      `gw.${project}.containers.busybox2 \\d+ -\\d+ host=b container=busybox2`,
      `gw.${project}.containers.undeployed \\d+ -20002 host=a container=undeployed`,
    ])
      assert.match(stdout, new RegExp(`^put ${line}$`, "m"));
  });

  it("must list processes, freeze, signal, and wait for the end", async () => {
    assert.match(
      (await k2("top", "busybox*")).stdout,
      /^busybox1 +1 +a +.*sh -c printf.*while true.*echo one/m,
    );
    assert.equal((await k2("pause", "busybox1")).stdout, "Pausing [busybox1] ...\nDone.\n");
    assert.deepEqual(await states("a"), ["paused"]);
    assert.equal((await k2("unpause", "busybox1")).stdout, "Unpausing [busybox1] ...\nDone.\n");
    assert.deepEqual(await states("a"), ["running"]);
    assert.match((await k2("unpause", "busybox1")).stderr, /busybox1 is not paused/);
    const [wait, kill] = await Promise.all([k2("wait", "busybox1"), k2("kill", "busybox1")]);
    assert.deepEqual([wait.stdout, wait.code], ["137\n", 137], wait.stderr);
    assert.equal(kill.stdout, "Killing [busybox1] ...\nDone.\n");
    assert.match((await k2("kill", "busybox1")).stderr, /busybox1 is not running/);
    assert.equal((await k2("start", "busybox1")).code, 0);
  });

  it("must restart with the documented output", async () => {
    const { stdout, code } = await k2("restart", "-t", "0", "busybox1");
    assert.deepEqual([stdout, code], ["Stopping [busybox1] ...\nDone.\nStarting [busybox1] ...\nDone.\n", 0]);
  });

  it("must list the project's volumes of all hosts", async () => {
    const [Name, Labels] = [`${project}_data`, { "com.docker.compose.project": project }];
    await engine(bed.hosts.b!, "POST", "/volumes/create", { Name, Labels });
    const { stdout } = await k2("volumes");
    await engine(bed.hosts.b!, "DELETE", `/volumes/${Name}`);
    assert.equal(stdout, `DRIVER  VOLUME NAME     HOST\nlocal   ${Name}  b\n`);
  });

  it("must show an image's documentation, which may be missing", async () => {
    const { stdout, code } = await k2("help", "busybox1");
    assert.deepEqual([stdout, code], ["busybox1 Help:\n\n   (the image has no /docs)\nEnd\n", 0]);
  });

  it("must stop dependents first and start dependencies first, with the documented output", async () => {
    const stop = await k2("stop", "-t", "0", "busybox*");
    assert.equal(stop.stdout, "Stopping [busybox2] ...\nDone.\nStopping [busybox1] ...\nDone.\n");
    assert.deepEqual([await states("a"), await states("b")], [["exited"], ["exited"]]);
    assert.equal((await ps()).services.busybox1![1], "stopped");
    const start = await k2("start", "busybox*");
    assert.equal(start.stdout, "Starting [busybox1] ...\nDone.\nStarting [busybox2] ...\nDone.\n");
    assert.deepEqual([await states("a"), await states("b")], [["running"], ["running"]]);
  });

  it("must act on all services without a terminal, and remove only what is stopped", async () => {
    assert.equal((await k2("pause")).code, 0);
    assert.deepEqual([await states("a"), await states("b")], [["paused"], ["paused"]]);
    assert.equal((await k2("unpause", "busybox*")).code, 0);
    const none = await k2("rm", "-f");
    assert.deepEqual([none.code, none.stderr], [0, "No stopped containers\n"]);
    assert.deepEqual([await states("a"), await states("b")], [["running"], ["running"]]);
  });

  it("must remove stopped containers, and running ones only with --force", async () => {
    const { stderr, code } = await k2("rm", "busybox2");
    assert.match(stderr, /^error: b: busybox2 is running\n {2}Stop it first, or use rm -f\.\n$/);
    assert.equal(code, 6);
    assert.equal((await k2("stop", "-t", "0", "-y", "busybox2")).code, 0);
    assert.equal((await k2("rm", "-f")).stdout, "Removing [busybox2] ...\nDone.\n");
    assert.equal((await ps()).services.busybox2![1], "undeployed");
  });

  it("must list the containers of a project by name, without a compose file", async () => {
    const env = { PATH: process.env.PATH, HOME: folder, DOCKER_HOST: bed.hosts.a!.address };
    const bin = join(checkout, "bin/k2-compose.js");
    for (const [args, more] of [
      [["-p", project], {}],
      [[], { COMPOSE_PROJECT_NAME: project }],
    ] as const) {
      const options = { cwd: "/", env: { ...env, ...more } };
      const { stdout, code } = await command(process.execPath, [bin, ...args, "ps"], options);
      assert.match(stdout, /busybox1 .*running/);
      assert.equal(code, 0);
      const words = ["completion", "--words", "--", ...args, "logs", "busy"];
      // Completion does not wait for a slow engine, so it may print nothing at first.
      await eventually(
        async () => (await command(process.execPath, [bin, ...words], options)).stdout,
        "busybox1\n",
      );
    }
  });

  it("must remove a project by name, without a compose file", async () => {
    const env = { PATH: process.env.PATH, HOME: folder, DOCKER_HOST: bed.hosts.a!.address };
    const args = [join(checkout, "bin/k2-compose.js"), "-p", project, "down", "-t", "0"];
    const down = await command(process.execPath, args, { cwd: "/", env });
    assert.deepEqual([await states("a"), down.code], [[], 0], down.stderr);
    const again = await command(process.execPath, args, { cwd: "/", env });
    assert.match(again.stderr, /unknown project cli/);
    assert.equal(again.code, 0);
  });
});

describe("the CLI and an unreachable host", { skip: bedMissing() }, () => {
  it("must show a row for it within three seconds, with a hint", async () => {
    const bed = await startBed({ hosts: ["a", "away"] });
    const folder = mkdtempSync(join(tmpdir(), "k2-cli-"));
    const hosts = `hosts: {a: "${bed.hosts.a!.address}", away: "${bed.hosts.away!.address}"}`;
    writeFileSync(
      join(folder, "k2-compose.yml"),
      `name: away\n${hosts}\nservices:\n  x: {image: i, host: a}\n  y: {image: i, host: away}\n`,
    );
    await bed.hosts.away!.disconnect();
    try {
      const begin = Date.now();
      const options = { cwd: folder, env: { PATH: process.env.PATH, HOME: folder } };
      const { stdout, stderr, code } = await command(
        process.execPath,
        [join(checkout, "bin/k2-compose.js"), "ps"],
        options,
      );
      assert.match(stdout, /x .*undeployed/);
      assert.match(stdout, /y .*unreachable/);
      assert.match(stderr, /away: no answer from the engine[\s\S]*dockerd/);
      assert.equal(code, 4);
      assert.ok(Date.now() - begin < 20_000, "the CLI's deadline ends the wait, not TCP's");
    } finally {
      await bed.hosts.away!.reconnect();
      await bed.close();
    }
  });
});

function composeFile(project: string, { hosts }: Bed): string {
  return `name: ${project}
x-hosts:
  a: ${hosts.a!.address}
  b: ${hosts.b!.address}
services:
  busybox1:
    image: k2-test/busybox:1
    pull_policy: never
    x-host: a
    x-health-check: { shell: "echo ok && exit 0", timeout: 10 }
    entrypoint: ["sh", "-c", "printf '%040000d\\\\n' 0; while true; do echo one; sleep 1; done"]
    ports: ["18980:80"]
  busybox2:
    image: k2-test/busybox:1
    pull_policy: never
    x-host: b
    x-health-check: { http: "http://127.0.0.1:1/", timeout: 3 }
    entrypoint: ["sh", "-c", "while true; do echo two; sleep 1; done"]
    depends_on: [busybox1]
  undeployed:
    image: k2-test/busybox:1
    x-host: a
`;
}
