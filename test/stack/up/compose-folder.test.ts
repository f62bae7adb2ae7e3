import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import type { ComposeFolder } from "../../support/cli/compose-folder.js";
import { containersOf, engine, networksLeft, networksOf, volumesOf } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";
import { rarely } from "../../support/rarely.js";

const service = (environment: string) => `services:
  web:
    image: k2-test/busybox:1
    command: sleep 3600
    stop_signal: SIGKILL
    environment: { ${environment} }
    volumes: [data:/data, /cache]
volumes:
  data:
`;

describe("`k2-compose up` in a folder with a compose file and nothing else", { skip: bedMissing() }, () => {
  const { host, folder } = useBed({ hosts: ["a"] });
  let shop: ComposeFolder;
  before(() => {
    shop = folder("plain", {
      files: { "compose.yaml": service("GREETING: hello") },
      env: { DOCKER_HOST: host("a").address },
    });
  });

  it("must bring up the project, named after its folder", async () => {
    const output = await shop.mustCli("up", "-d");
    assert.match(output, /web@default +created/);
    assert.match(output, /^default: 3 created$/m);
    assert.deepEqual(await names(), [`${shop.project}-web-1`]);
    assert.deepEqual(await networksOf(host("a"), shop.project), [`${shop.project}_default`]);
  });

  it("must create nothing beside the compose file: state and passphrase are in the user's home", () => {
    assert.deepEqual(readdirSync(shop.folder), ["compose.yaml"]);
    const kept = join(shop.home, ".k2-compose");
    assert.deepEqual(readdirSync(kept).sort(), ["passphrase", "projects", "state"]);
    assert.equal(statSync(join(kept, "passphrase")).mode & 0o777, 0o600);
  });

  it("must not run Pulumi when there is nothing to do", async () => {
    const history = () =>
      readdirSync(join(shop.home, ".k2-compose/state/.pulumi/history"), { recursive: true }).length;
    const runs = history();
    assert.match(await shop.mustCli("up"), /^Nothing to do: 1 service on 1 host up to date\.$/m);
    assert.equal(history(), runs);
    shop.write("compose.yaml", service("GREETING: again"));
    assert.match(await shop.mustCli("up"), /environment\.GREETING: "hello" => "again"/);
    assert.ok(history() > runs, "Pulumi runs for a change");
  });

  rarely(
    "must repair what a full disk left, and remove what left the file only in the run after",
    async () => {
      shop.write(
        "compose.yaml",
        service("GREETING: again").replace("services:", "services:\n  old: { extends: web }"),
      );
      await shop.mustCli("up");
      const store = join(shop.home, ".k2-compose/state/.pulumi");
      const state = join(store, "stacks/k2-compose", `${shop.project}.json`);
      copyFileSync(state, `${state}.bak`);
      const lock = join(store, "locks/organization/k2-compose", shop.project, "cut.json");
      mkdirSync(dirname(lock), { recursive: true });
      for (const cut of [state, `${state}.attrs`, join(store, "meta.yaml"), lock]) writeFileSync(cut, "");
      shop.write("compose.yaml", service("GREETING: again"));
      assert.match(await shop.mustCli("ps"), /warning: \S+\.json is damaged: using \S+\.json\.bak/);
      const repair = await shop.mustCli("up");
      assert.equal(repair.match(/is damaged/g)?.length, 1, repair);
      assert.deepEqual(await names(), [`${shop.project}-old-1`, `${shop.project}-web-1`]);
      assert.match(await shop.mustCli("up"), /- old/);
      assert.deepEqual(await names(), [`${shop.project}-web-1`]);
    },
  );

  it("must preview the default compose files, our file names first", async () => {
    const order = [
      "k2-compose.yml",
      "compose.yaml",
      "compose.yml",
      "docker-compose.yml",
      "docker-compose.yaml",
    ];
    for (const [at, file] of order.entries()) {
      const other = folder(`name${at}`, { env: { DOCKER_HOST: host("a").address } });
      // The files of lower rank exist too, with other services.
      for (const name of order.slice(at))
        other.write(name, service("A: 1").replace("web:", `${name.replace(".", "-")}:`));
      assert.match(
        await other.mustCli("preview"),
        new RegExp(`^  \\+ ${file.replace(".", "-")}$`, "m"),
        file,
      );
    }
  });

  it("must remove everything with `down` except the volume, which the next `up` uses", async () => {
    assert.match(await shop.mustCli("down"), /volume \S+_data@default +kept/);
    assert.deepEqual([await names(), await networksLeft(host("a"), shop.project)], [[], []]);
    assert.deepEqual(await volumesOf(host("a"), shop.project), [`${shop.project}_data`]);
    assert.match(await shop.mustCli("preview"), /= volume \S+_data/);
    await shop.mustCli("up");
  });

  it("must remove volumes, anonymous ones included, only with -v", async () => {
    const [web] = await containersOf(host("a"), shop.project);
    const { Mounts } = await engine<{ Mounts: { Name: string; Source: string; Destination: string }[] }>(
      host("a"),
      "GET",
      `/containers/${web!.Id}/json`,
    );
    const mounted = Mounts.map(({ Name }) => Name);
    const data = Mounts.find(({ Destination }) => Destination === "/data");
    const listed = JSON.parse(await shop.mustCli("volumes", "--format", "json")) as Record<string, unknown>;
    assert.deepEqual([listed.Mountpoint, listed.Scope, listed.Size], [data?.Source, "local", "N/A"]);
    assert.equal(mounted.length, 2);
    await shop.mustCli("down", "-v");
    assert.deepEqual([await names(), await volumesOf(host("a"), shop.project)], [[], []]);
    for (const name of mounted)
      await assert.rejects(engine(host("a"), "GET", `/volumes/${name}`), /no such volume/i);
    assert.equal((await shop.cli("preview", "--detailed-exitcode")).code, 2);
  });

  async function names(): Promise<string[]> {
    return (await containersOf(host("a"), shop.project)).map(({ Name }) => Name);
  }
});

describe(
  "two operators with one project name, each with a state of their own",
  { skip: bedMissing() },
  () => {
    const { host, folder } = useBed({ hosts: ["a"] });
    let ann: ComposeFolder;
    let bob: ComposeFolder;
    const file = (environment: string) => `name: ${ann.project}\n${service(environment)}`;
    before(() => {
      const env = { DOCKER_HOST: host("a").address };
      ann = folder("ann", { env });
      bob = folder("bob", { env });
    });

    it("must not recreate each other's containers: the second is refused and changes nothing", async () => {
      ann.write("compose.yaml", file("BY: ann"));
      bob.write("compose.yaml", file("BY: bob"));
      await ann.mustCli("up");
      const before = await web();
      assert.match(before.labels["k2-compose.stack-id"] ?? "", /^[0-9a-f-]{36}$/);
      const { code, stderr } = await bob.cli("up", "-y");
      assert.equal(code, 6, stderr);
      assert.match(
        stderr,
        new RegExp(`another stack with the name \\S+, deployed from ${ann.folder}: refused`),
      );
      assert.match(stderr, /--take-over/);
      assert.deepEqual(await web(), before);
    });

    it("must let a second clone with the same state continue", async () => {
      const cwd = join(ann.folder, "clone");
      ann.write("clone/compose.yaml", file("BY: clone"));
      const { code, stdout, stderr } = await ann.cliWith({ cwd }, "up", "-y");
      assert.equal(code, 0, stdout + stderr);
      assert.equal((await web()).labels["com.docker.compose.project.working_dir"], cwd);
      ann.write("compose.yaml", file("BY: clone"));
      assert.match(await ann.mustCli("up"), /^Nothing to do/m);
    });

    rarely("must show no change for a state of a version without ids", async () => {
      const state = join(ann.home, ".k2-compose/state/.pulumi/stacks/k2-compose", `${ann.project}.json`);
      const text = readFileSync(state, "utf8");
      const without = text.replaceAll(/\s*"stackId":\s*"[^"]*",/g, "");
      assert.notEqual(without, text);
      writeFileSync(state, without);
      assert.match(await ann.mustCli("up"), /^Nothing to do/m);
    });

    it("must find containers again by their labels if the state is deleted, from the same folder only", async () => {
      const before = await web();
      rmSync(join(ann.home, ".k2-compose/state"), { recursive: true });
      assert.equal((await ann.cli("up", "-y")).code, 6);
      const { code, stdout, stderr } = await ann.cliWith({ cwd: join(ann.folder, "clone") }, "up", "-y");
      assert.equal(code, 0, stdout + stderr);
      assert.match(stderr, /has no state: 1 container found by labels/);
      assert.equal((await web()).id, before.id);
    });

    it("must be taken over on request", async () => {
      await bob.mustCli("up", "-y", "--take-over");
      const before = await web();
      const { code, stderr } = await ann.cli("up", "-y");
      assert.notEqual(code, 0);
      assert.match(stderr, /belongs to another stack with the name/);
      assert.deepEqual(await web(), before);
      await bob.mustCli("down", "-v");
      assert.deepEqual(await containersOf(host("a"), ann.project), []);
    });

    async function web(): Promise<{ id: string; labels: Record<string, string> }> {
      const [found, ...others] = await containersOf(host("a"), ann.project);
      assert.ok(found);
      assert.deepEqual(others, []);
      return { id: found.Id, labels: found.Config.Labels };
    }
  },
);
