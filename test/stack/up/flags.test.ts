import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import type { ComposeFolder } from "../../support/cli/compose-folder.js";
import { type ContainerInfo, containersOf, engine } from "../../support/bed/http-engine.js";
import { retag, useBed } from "../../support/bed/use-bed.js";
import { rarely } from "../../support/rarely.js";

interface Mounted extends ContainerInfo {
  Mounts: { Name: string }[];
}

const file = (value: string) => `services:
  web:
    image: k2-test/busybox:1
    command: sleep 3600
    stop_signal: SIGKILL
    environment: { VALUE: "${value}" }
    depends_on: [db]
    volumes: [/data]
  db:
    image: k2-test/busybox:1
    command: sleep 3600
    stop_signal: SIGKILL
  job:
    image: k2-test/busybox:1
    # Does not end when it is asked to.
    command: ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"]
    stop_grace_period: 1h
`;

describe("flags of `up`", { skip: bedMissing() }, () => {
  const { host, folder } = useBed({ hosts: ["a"] });
  let shop: ComposeFolder;
  before(() => {
    shop = folder("flags", { files: { "compose.yml": file("1") }, env: { DOCKER_HOST: host("a").address } });
  });

  it("--no-start must create containers and start none", async () => {
    await shop.mustCli("up", "--no-start", "w*");
    assert.deepEqual(await states(), { "db-1": "created", "web-1": "created" });
    assert.match(await shop.mustCli("up", "--no-start", "web"), /Nothing to do/);
  });

  it("a service name must deploy its dependencies, and nothing else", async () => {
    await shop.mustCli("up", "-d", "-y", "--wait", "--build", "web");
    assert.deepEqual(await states(), { "db-1": "running", "web-1": "running" });
    assert.match(await shop.mustCli("up", "web"), /Nothing to do: 2 services on 1 host/);
  });

  it("an unknown service must be reported with the list of services", async () => {
    const { code, stderr } = await shop.cli("up", "wep");
    assert.deepEqual(
      [code, stderr.includes("no such service: wep (available: db, job, web)")],
      [7, true],
      stderr,
    );
  });

  it("--no-deps and --ignore-deps must not change dependencies, even broken ones", async () => {
    const [db] = await containers();
    await engine(host("a"), "POST", `/containers/${db!.Id}/kill`);
    shop.write("compose.yml", file("2"));
    await shop.mustCli("up", "--no-deps", "web");
    assert.deepEqual(await states(), { "db-1": "exited", "web-1": "running" });
    assert.match(await shop.mustCli("up", "--ignore-deps", "web"), /Nothing to do/);
    await shop.mustCli("up", "web");
    assert.deepEqual(await states(), { "db-1": "running", "web-1": "running" });
  });

  it("--force-recreate must replace the named services only, with their anonymous volumes", async () => {
    const [db, web] = await containers();
    await shop.mustCli("up", "--force-recreate", "web");
    const [db2, web2] = await containers();
    assert.equal(db2!.Id, db!.Id);
    assert.notEqual(web2!.Id, web!.Id);
    assert.equal(web2!.Mounts[0]!.Name, web!.Mounts[0]!.Name);
  });

  it("-V must give them empty anonymous volumes", async () => {
    const [, web] = await containers();
    await shop.mustCli("up", "-V", "--force-update", "--no-deps", "web");
    const [, web2] = await containers();
    assert.notEqual(web2!.Mounts[0]!.Name, web!.Mounts[0]!.Name);
  });

  it("--no-recreate must keep existing containers until a run without it", async () => {
    const before = await containers();
    shop.write("compose.yml", file("3"));
    await shop.mustCli("up", "--no-recreate", "web");
    assert.deepEqual(ids(await containers()), ids(before));
    assert.match(await shop.mustCli("preview", "web"), /web\b.*\n?.*configuration changed/);
    await shop.mustCli("up", "web");
    assert.ok((await containers())[1]!.Config.Env.includes("VALUE=3"));
  });

  it("--scale must apply to one run only", async () => {
    await shop.mustCli("up", "--scale", "web=3", "web");
    assert.deepEqual(Object.keys(await states()), ["db-1", "web-1", "web-2", "web-3"]);
    await shop.mustCli("up", "web");
    assert.deepEqual(Object.keys(await states()), ["db-1", "web-1"]);
    assert.equal((await shop.cli("up", "--scale", "web")).code, 2);
    assert.equal((await shop.cli("up", "--scale", "nobody=1")).code, 2);
  });

  rarely("-t must set the stop timeout, in `up` and in `down`", async () => {
    await shop.mustCli("up");
    // Without the option a stop takes longer than the tests wait for a command.
    await shop.mustCli("up", "--force-recreate", "-t", "1", "job");
    shop.write("compose.yml", file("3").replace(/ {2}job:[^]*/, ""));
    await shop.mustCli("up", "--time", "1");
    shop.write("compose.yml", file("3"));
    await shop.mustCli("up", "job");
    await shop.mustCli("down", "--timeout", "1");
    assert.deepEqual(await states(), {});
  });

  it("--remove-orphans must remove orphans; without it they are only reported", async () => {
    await shop.mustCli("up", "db");
    const labels = { "com.docker.compose.project": shop.project, "com.docker.compose.service": "old" };
    const body = { Image: "k2-test/busybox:1", Cmd: ["sleep", "3600"], Labels: labels };
    await engine(host("a"), "POST", `/containers/create?name=${shop.project}-old-1`, body);
    await shop.mustCli("up");
    assert.equal((await states())["old-1"], "created");
    await shop.mustCli("up", "--remove-orphans");
    assert.equal((await states())["old-1"], undefined);
    assert.match(await shop.mustCli("up", "--remove-orphans"), /Nothing to do/);
  });

  it("--json must print every event as an object, and nothing else on standard output", async () => {
    shop.write("compose.yml", file("4"));
    const { code, stdout } = await shop.cli("up", "--json");
    assert.equal(code, 0);
    const events = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string; op?: string; urn?: string });
    assert.ok(
      events.some(({ type, op, urn }) => type === "end" && op === "update" && urn!.endsWith("::web@default")),
      stdout,
    );
  });

  it("preview must report by its exit code whether there are changes", async () => {
    assert.equal((await shop.cli("preview", "--detailed-exitcode")).code, 0);
    shop.write("compose.yml", file("5"));
    const { code, stdout } = await shop.cli("preview", "--detailed-exitcode", "--json");
    assert.equal(code, 2);
    const changes = JSON.parse(stdout) as { id: string; action: string; fields: { path: string }[] }[];
    assert.deepEqual(
      changes.map(({ id, action, fields }) => [id, action, fields[0]?.path]),
      [["service web@default", "change", "environment.VALUE"]],
    );
    assert.match(await shop.mustCli("preview", "--diff"), /create +[0-9a-f]{12}_\S+-web-1 /);
  });

  it("--build must rebuild existing images", async () => {
    const image = `${shop.project}/db:1`;
    await retag(host("a"), "k2-test/busybox:1", image);
    const build = `    image: ${image}\n    build: {dockerfile_inline: "FROM k2-test/busybox:1\\nLABEL built=yes"}\n`;
    shop.write("compose.yml", file("5").replace(/ {2}db:\n {4}image: .*\n/, `  db:\n${build}`));
    await shop.mustCli("up", "-y", "--build", "db");
    const db = (await containers()).find(({ Name }) => Name.endsWith("-db-1"))!;
    assert.equal(db.Config.Labels.built, "yes");
  });

  rarely(
    "--recreate-volumes must recreate a volume with another definition, which is refused otherwise",
    async () => {
      const version = (label: string) =>
        `${file("5").replace("[/data]", "[/data, store:/store]")}volumes: { store: { labels: { version: "${label}" } } }\n`;
      const labelled = async () => {
        const path = `/volumes/${shop.project}_store`;
        return (await engine<{ Labels: Record<string, string> }>(host("a"), "GET", path)).Labels.version;
      };
      shop.write("compose.yml", version("1"));
      await shop.mustCli("up", "web");
      shop.write("compose.yml", version("2"));
      assert.match(await shop.mustCli("preview", "web"), /with another definition: will be refused/);
      const { code, stderr } = await shop.cli("up", "web");
      assert.equal(code, 6);
      assert.match(stderr, /k2-compose up --recreate-volumes/);
      assert.equal(await labelled(), "1");
      assert.match(await shop.mustCli("up", "--recreate-volumes", "web"), /empty: its data is lost/);
      assert.equal(await labelled(), "2");
      assert.match(await shop.mustCli("up", "web"), /Nothing to do/);
    },
  );

  rarely(
    "a service name must keep what was removed from the file, even if it depends on what changes",
    async () => {
      const both = (tier: string) => `services:
  web: { image: "k2-test/busybox:1", command: sleep 3600, stop_signal: SIGKILL, networks: [front] }
  old: { image: "k2-test/busybox:1", command: sleep 3600, stop_signal: SIGKILL, networks: [front] }
networks: { front: { labels: { tier: ${tier} } } }
`;
      const left = folder("left", {
        files: { "compose.yml": both("one") },
        env: { DOCKER_HOST: host("a").address },
      });
      const there = async () => (await containersOf(host("a"), left.project)).map(({ Id }) => Id);
      await left.mustCli("up");
      const before = await there();
      left.write("compose.yml", both("two").replace(/ {2}old:.*\n/, ""));
      await left.mustCli("up", "web");
      assert.deepEqual(await there(), before);
      const network = `/networks/${left.project}_front`;
      const { Labels, Containers } = await engine<{ Labels: { tier: string }; Containers: object }>(
        host("a"),
        "GET",
        network,
      );
      assert.deepEqual([Labels.tier, Object.keys(Containers).sort()], ["two", [...before].sort()]);
      assert.match(await left.mustCli("up", "web"), /Nothing to do/);
      assert.match(await left.mustCli("preview"), /^ {2}- old/m);
      await left.mustCli("up");
      assert.equal((await there()).length, 1);
    },
  );

  rarely("--wait-timeout must end the wait for a container that does not become healthy", async () => {
    const healthcheck =
      "healthcheck: { test: [CMD, 'false'], interval: 1s, retries: 1000, start_period: 1s }";
    shop.write("compose.yml", file("5").replace("  db:\n", `  db:\n    ${healthcheck}\n`));
    const { code, stderr } = await shop.cli("up", "--wait-timeout", "2", "db");
    assert.notEqual(code, 0);
    assert.match(stderr, /-db-1 is not healthy after 2 s/);
    assert.equal(stderr.match(/is not healthy after/g)!.length, 1, `printed once: ${stderr}`);
  });

  async function containers(): Promise<Mounted[]> {
    return (await containersOf(host("a"), shop.project)) as Mounted[];
  }

  async function states(): Promise<Record<string, string>> {
    const all = await containers();
    return Object.fromEntries(
      all.map(({ Name, State }) => [Name.slice(shop.project.length + 1), State.Status]),
    );
  }

  function ids(all: ContainerInfo[]): string[] {
    return all.map(({ Id }) => Id);
  }
});
