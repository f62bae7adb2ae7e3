import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { engine, removeProject } from "../../support/bed/http-engine.js";
import { command } from "../../support/cli/command.js";
import { useTwoHosts } from "../../support/docker-compose/two-hosts.js";
import { composeMissing, dockerCompose } from "../../support/docker-compose/docker-compose.js";
import { eventually } from "../../support/eventually.js";
import { checkout } from "../../support/scripts.js";

describe("tables of the CLI, on two hosts", { skip: bedMissing() ?? composeMissing() }, () => {
  const { folder, project, host, cli, ps } = useTwoHosts("18980:80");

  it("must show the documented columns, and an error where the health_check fails", async () => {
    const { head, services, code } = await ps();
    assert.equal(
      head.replaceAll(/\s+/g, ""),
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
        host("a").socket.slice("unix://".length),
        `http://d/images/${from}/tag?repo=k2-cli/${project}&tag=1`,
      ]);
    await tag("k2-test/busybox:1");
    writeFileSync(
      join(folder, "changed.yml"),
      `name: ${project}x\nservices: {one: {image: "k2-cli/${project}:1", command: sleep 1000, x-host: a}}\nx-hosts: {a: "${host("a").address}"}\n`,
    );
    await dockerCompose(host("a"), ["-f", "changed.yml", "up", "-d", "--pull", "never"], { cwd: folder });
    try {
      assert.match(
        (await cli("-f", "changed.yml", "inspect")).stdout,
        new RegExp(`k2-cli/${project}:1 +│ one`),
      );
      await tag("k2-test/busybox:2");
      assert.match((await cli("-f", "changed.yml", "ps")).stdout, /running +\| changed/);
      assert.match((await cli("-f", "changed.yml", "inspect")).stdout, /!\(NOT MATCH\)/);
      const { stdout, code } = await cli("-f", "changed.yml", "save", "--suffix", "x", "--no-interaction");
      assert.match(stdout, /skip\(not match\) +k2-cli.*\n.*\n.*please fix it first/);
      assert.equal(code, 6);
    } finally {
      await removeProject(host("a"), `${project}x`);
    }
  });

  it("must print containers by docker compose's templates and fields", async () => {
    const theirs = async (format: string) =>
      (await dockerCompose(host("a"), ["ps", "--format", format], { cwd: folder })).stdout;
    for (const format of [
      "{{.Name}} {{.State}}{{range .Publishers}} {{.PublishedPort}}{{end}}",
      "table {{.ID}}\\t{{.Service}}\\t{{.Image}}\\t{{.Command}}",
      'table {{upper .Name}}\\t{{.Label "com.docker.compose.project"}}\\t{{.Ports}}\\t{{.CreatedAt}}',
      "{{json .Networks}} {{.Mounts}}|{{.LocalVolumes}} {{if eq .ExitCode 0}}well{{end}}",
    ]) {
      const ours = await cli("ps", "--filter", "host=a", "--filter", "status=running", "--format", format);
      assert.equal(ours.stdout.trimEnd(), (await theirs(format)).trimEnd(), ours.stderr);
    }
    const timeless = (text: string) => {
      const { RunningFor: _, Status: __, Labels, ...row } = JSON.parse(text) as Record<string, unknown>;
      return { ...row, Labels: String(Labels).split(",").sort() };
    };
    const { Host, ...ours } = timeless((await cli("ps", "--format", "json", "busybox1")).stdout) as {
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
      const { stderr, code } = await cli("ps", ...args);
      assert.match(stderr, message);
      assert.equal(code, 2);
    }
  });

  it("must format the rows of other commands by templates too", async () => {
    assert.equal(
      (await cli("hosts", "--format", "{{.Name}}={{.URL}}")).stdout.split("\n")[0],
      `a=${host("a").address}`,
    );
    assert.equal(
      (await cli("ls", "--format", `{{if eq .Name "${project}"}}{{.Hosts}}{{end}}`)).stdout.trim(),
      "a,b",
    );
    assert.equal((await cli("ls", "-q", "--filter", `name=${project.slice(1)}`)).stdout, `${project}\n`);
    assert.equal((await cli("ls", "-q", "--filter", "name=nobody*")).stdout, "");
    const images = await cli(
      "images",
      "--format",
      "table {{.Repository}}\\t{{.Tag}}\\t{{.Host}}",
      "busybox1",
    );
    assert.match(images.stdout, /^REPOSITORY {8}TAG {7}HOST\nk2-test\/busybox {3}1 {9}a$/m);
    const stats = await cli("stats", "--no-stream", "--format", "{{.Service}} {{.Host}}", "busybox2");
    assert.equal(stats.stdout, "busybox2 b\n");
    const whole = await cli("stats", "--no-stream", "--no-trunc", "--all", "--format", "{{.ID}}", "busybox2");
    assert.match(whole.stdout, /^[0-9a-f]{64}\n$/);
  });

  it("must print a published port with its host's address", async () => {
    for (const port of ["80", "80/tcp"])
      assert.equal((await cli("port", "busybox1", port)).stdout, `${host("a").ip}:18980\n`);
    assert.match((await cli("port", "busybox1", "80/udp")).stderr, /publishes no port 80\/udp\n/);
  });

  it("must report to OpenTSDB with the documented metric names", async () => {
    const { stdout } = await cli("agent", "--prefix", "gw", "--once", "--no-dashboard");
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

  it("must list the project's volumes of all hosts", async () => {
    const [Name, Labels] = [`${project}_data`, { "com.docker.compose.project": project }];
    await engine(host("b"), "POST", "/volumes/create", { Name, Labels });
    const { stdout } = await cli("volumes");
    await engine(host("b"), "DELETE", `/volumes/${Name}`);
    assert.equal(stdout, `DRIVER  VOLUME NAME     HOST\nlocal   ${Name}  b\n`);
  });

  it("must show an image's documentation, which may be missing", async () => {
    const { stdout, code } = await cli("help", "busybox1");
    assert.deepEqual([stdout, code], ["busybox1 Help:\n\n   (the image has no /docs)\nEnd\n", 0]);
  });

  it("must list the containers of a project by name, without a compose file", async () => {
    const env = { PATH: process.env.PATH, HOME: folder, DOCKER_HOST: host("a").address };
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
});
