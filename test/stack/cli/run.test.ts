import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import type { ComposeFolder } from "../../support/cli/compose-folder.js";
import { composeMissing, dockerCompose } from "../../support/docker-compose/docker-compose.js";
import { containersOf, engine, removeProject } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";
import { openTerminal, terminalMissing } from "../../support/cli/tmux.js";

/** With the x- prefix, docker compose ignores k2-compose's attributes and runs everything on one host. */
const file = (hosts: string) => `x-hosts: ${hosts}
services:
  db:
    image: k2-test/busybox:1
    pull_policy: never
    x-host: b
    stop_signal: SIGKILL
    healthcheck: { test: "true", interval: 1s }
    command: sleep 3600
  tool:
    image: k2-test/busybox:1
    pull_policy: never
    x-host: a
    profiles: [tools]
    networks: [own]
    environment: { GREETING: hello }
    depends_on: { db: { condition: service_healthy } }
    command: sh -c "echo $$GREETING; exit 4"
    ports: ["18981:80"]
networks: { own: {} }
`;

describe("`run`", { skip: bedMissing() ?? composeMissing() ?? terminalMissing() }, () => {
  const { host, folder } = useBed({ hosts: ["a", "b"] });
  let shop: ComposeFolder;
  let theirs: ComposeFolder;
  before(() => {
    const hosts = JSON.stringify({ a: host("a").address, b: host("b").address });
    shop = folder("oneoff", { files: { "compose.yml": file(hosts) } });
    theirs = folder("theirs", { files: { "compose.yml": file(hosts) } });
  });
  const on = (name: string) => containersOf(host(name), shop.project);

  it("must create the network and start dependencies, even if their profile is not enabled", async () => {
    const ours = await shop.cli("run", "--rm", "tool");
    assert.deepEqual([ours.stdout, ours.code], ["hello\n", 4], ours.stderr);
    const theirRun = await dockerCompose(host("a"), ["run", "--rm", "tool"], { cwd: theirs.folder });
    assert.deepEqual([ours.stdout, ours.code], [theirRun.stdout, theirRun.code]);
    assert.deepEqual(await on("a"), []);
    assert.equal((await on("b"))[0]!.State.Health!.Status, "healthy");
  });

  it("must restart stopped dependencies, but not with --no-deps", async () => {
    const [db] = await on("b");
    await engine(host("b"), "POST", `/containers/${db!.Id}/stop`);
    assert.equal((await shop.cli("run", "--rm", "--no-deps", "tool", "true")).code, 0);
    assert.equal((await on("b"))[0]!.State.Status, "exited");
    assert.equal((await shop.cli("run", "--rm", "tool", "true")).code, 0);
    const [again] = await on("b");
    assert.deepEqual([again!.Id, again!.State.Status], [db!.Id, "running"]);
  });

  it("must start only its own container when all dependencies run", async () => {
    const { stderr, code } = await shop.cliWith({ input: "piped\n" }, "run", "--rm", "-T", "tool", "cat");
    assert.deepEqual([stderr, code], ["", 0]);
  });

  it("must have the service's aliases only with --use-aliases, print nothing with --quiet, and remove orphans", async () => {
    await engine(host("b"), "DELETE", `/containers/${(await on("b"))[0]!.Id}?force=true`);
    const named = ["run", "-d", "--no-deps", "--name", `${shop.project}-named`, "db", "sleep", "100"];
    const aliases = async (...flags: string[]) => {
      await shop.mustCli(...[named[0]!, ...flags, ...named.slice(1)]);
      const path = `/containers/${shop.project}-named`;
      const { NetworkSettings } = await engine<{
        NetworkSettings: { Networks: Record<string, { Aliases: string[] }> };
      }>(host("b"), "GET", `${path}/json`);
      await engine(host("b"), "DELETE", `${path}?force=true`);
      return NetworkSettings.Networks[`${shop.project}_default`]!.Aliases;
    };
    assert.ok(!(await aliases()).includes("db"));
    assert.ok((await aliases("--use-aliases")).includes("db"));
    const { Id } = await engine<{ Id: string }>(
      host("b"),
      "POST",
      `/containers/create?name=${shop.project}-old-1`,
      {
        Image: "k2-test/busybox:1",
        Labels: {
          "com.docker.compose.project": shop.project,
          "com.docker.compose.service": "old",
          "com.docker.compose.oneoff": "False",
        },
      },
    );
    const { stdout, stderr, code } = await shop.cli("run", "--rm", "-q", "--remove-orphans", "tool", "true");
    assert.deepEqual([stdout, code], ["", 0], stderr);
    assert.match(stderr, /^b: container \S+-old-1 removed\n$/);
    const [db, ...others] = await on("b");
    assert.deepEqual([db!.State.Status, others, db!.Id === Id], ["running", [], false]);
  });

  it("must treat its flags as docker compose does", async () => {
    const flags = [
      ...["run", "--rm", "-e", "A=1", "-u", "nobody", "-w", "/tmp", "--entrypoint", "sh -c"],
      ...["-v", `${shop.project}-named:/named`, "tool"],
      "id -un; pwd; echo $A $GREETING; grep -c ' /named ' /proc/mounts; exit 9",
    ];
    const [ours, theirRun] = [
      await shop.cli(...flags),
      await dockerCompose(host("a"), flags, { cwd: theirs.folder }),
    ];
    assert.deepEqual([ours.stdout, ours.code], [theirRun.stdout, theirRun.code], ours.stderr);
    assert.equal(ours.stdout, "nobody\n/tmp\n1 hello\n1\n");
    await engine(host("a"), "DELETE", `/volumes/${shop.project}-named`);
    const name = `${shop.project}-kept`;
    const detached = await shop.cli("run", "-d", "--name", name, "-P", "-l", "a=b", "tool", "sleep", "60");
    const [kept] = await on("a");
    assert.equal(detached.stdout, `${kept!.Id}\n`, detached.stderr);
    assert.equal(kept!.Name, name);
    assert.equal(kept!.Config.Labels.a, "b");
    assert.equal(kept!.Config.Labels["com.docker.compose.oneoff"], "True");
    const { HostConfig } = await engine<{
      HostConfig: { PortBindings: Record<string, { HostPort: string }[]> };
    }>(host("a"), "GET", `/containers/${kept!.Id}/json`);
    assert.equal(HostConfig.PortBindings["80/tcp"]![0]!.HostPort, "18981");
    assert.doesNotMatch((await shop.cli("ps")).stdout, /tool|kept/);
    await engine(host("a"), "DELETE", `/containers/${kept!.Id}?force=1`);
  });

  it("must stop at Ctrl-C, and leave nothing behind", async () => {
    const args = [
      ...shop.launcher,
      "run",
      "--rm",
      "-T",
      "tool",
      "sh",
      "-c",
      "trap 'exit 7' TERM; echo there; while :; do sleep 0.1; done",
    ];
    const terminal = openTerminal(args, { cwd: shop.folder, env: shop.env });
    try {
      await terminal.until((screen) => screen.includes("there"));
      terminal.type("C-c");
      assert.equal(await terminal.ended(), 7);
      assert.deepEqual(await on("a"), []);
    } finally {
      terminal.close();
      await removeProject(host("a"), theirs.project);
    }
  });
});
