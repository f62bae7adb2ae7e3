import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { type BedRegistry, startRegistry } from "../../support/bed/registry.js";
import type { ComposeFolder } from "../../support/cli/compose-folder.js";
import { composeMissing, dockerCompose } from "../../support/docker-compose/docker-compose.js";
import { containersOf, engine, removeProject } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";

/** The stamp changes whenever the build step runs. */
const file = (address: string, image: string) => `hosts: {a: "${address}"}
services:
  web:
    image: ${image}:1
    host: a
    depends_on: [other]
    build:
      context: .
      tags: ["${image}:extra"]
      dockerfile_inline: |
        FROM k2-test/busybox:1
        ARG SAYS=file
        RUN cat /proc/sys/kernel/random/uuid > /stamp
        COPY asset /asset
        RUN echo $$SAYS $$HTTP_PROXY > /says
    stop_signal: SIGKILL
    command: sleep 3600
  other:
    host: a
    build: { dockerfile_inline: "FROM k2-test/busybox:1\\nRUN echo other > /says\\n" }
    stop_signal: SIGKILL
    command: sleep 3600
`;

describe("`build` and its flags", { skip: bedMissing() ?? composeMissing() }, () => {
  const { host, folder } = useBed({ hosts: ["a"] });
  let registry: BedRegistry;
  let image: string;
  let shop: ComposeFolder;

  before(async () => {
    registry = await startRegistry();
    shop = folder("cli-build", { files: { asset: "one" } });
    image = `${registry.address}/${shop.project}`;
    shop.write("compose.yml", file(host("a").address, image));
    mkdirSync(join(shop.home, ".docker"));
    const proxies = { default: { httpProxy: "http://proxy.example" } };
    writeFileSync(join(shop.home, ".docker/config.json"), JSON.stringify({ proxies }));
  });
  after(() => registry.close());

  const idOf = async (name: string) => {
    const path = `/images/json?filters=${encodeURIComponent(JSON.stringify({ reference: [name] }))}`;
    return (await engine<{ Id: string }[]>(host("a"), "GET", path))[0]?.Id;
  };
  const says = async () => (await shop.cli("run", "--rm", "--no-deps", "-T", "web", "cat", "/says")).stdout;

  it("must not run with --no-build, which uses the existing image", async () => {
    const { code, stderr } = await shop.cli("up", "-y", "--no-build", "other");
    assert.notEqual(code, 0);
    assert.match(stderr, /is not on this host, and nothing is built \(--no-build\)/);
    assert.deepEqual(await containersOf(host("a"), shop.project), []);
  });

  it("must build the named services, with --with-dependencies also their dependencies, and print nothing with --quiet", async () => {
    await shop.mustCli("build", "web");
    assert.ok(await idOf(`${image}:1`));
    assert.equal(await idOf(`${image}:extra`), await idOf(`${image}:1`));
    assert.equal(await idOf(`${shop.project}-other`), undefined);
    // The proxy comes from config.json, as with docker.
    assert.equal(await says(), "file http://proxy.example\n");
    const { code, stdout, stderr } = await shop.cli("build", "-q", "--with-dependencies", "web");
    assert.deepEqual([code, stdout, stderr], [0, "", ""]);
    assert.ok(await idOf(`${shop.project}-other`));
    assert.deepEqual(await containersOf(host("a"), shop.project), []);
  });

  it("must build with --build-arg the image that the next `up` runs without a rebuild", async () => {
    await shop.mustCli("build", "--build-arg", "SAYS=told", "--memory", "64m", "web");
    const built = await idOf(`${image}:1`);
    const { stderr } = await shop.cli("build", "--memory=64m", "--build-arg=SAYS=told", "web");
    assert.match(stderr, /warning: .*a: BuildKit .*--memory/);
    assert.equal(await idOf(`${image}:1`), built);
    await shop.mustCli("up", "-y");
    assert.equal(await shop.mustCli("exec", "-T", "web", "cat", "/says"), "told http://proxy.example\n");
    assert.equal(await idOf(`${image}:1`), built);
    assert.match((await shop.cli("up", "-y")).stderr, /Nothing to do/);
  });

  const theirs = async (...words: string[]): Promise<string> => {
    const { stdout, stderr, code } = await dockerCompose(host("a"), ["-p", shop.project, ...words], {
      cwd: shop.home,
    });
    assert.equal(code, 0, stderr);
    return stdout;
  };

  it("must list images as docker compose does", async () => {
    type Row = { ContainerName: string; Host?: string };
    const rows = (text: string) =>
      (JSON.parse(text) as Row[])
        .map(({ Host: _, ...row }) => row)
        .sort((a, b) => a.ContainerName.localeCompare(b.ContainerName));
    const words = ["images", "--format", "json"];
    assert.deepEqual(rows((await shop.cli(...words)).stdout), rows(await theirs(...words)));
    const ids = (text: string) => text.trim().split("\n").sort();
    assert.deepEqual(ids((await shop.cli("images", "-q")).stdout), ids(await theirs("images", "-q")));
    const [head, first] = (await shop.cli("images")).stdout.split("\n");
    assert.match(head!, /^CONTAINER +HOST +REPOSITORY +TAG +PLATFORM +IMAGE ID +SIZE +CREATED$/);
    assert.match(first!, / linux\/\w+ +[0-9a-f]{12} +[\d.]+[kMG]B +.* ago$/);
  });

  it("must print the fields of docker compose's JSON, and further ones", async () => {
    const parse = (text: string) => JSON.parse(text.split("\n")[0]!) as Record<string, unknown>;
    for (const [words, differing] of [
      [["ps"], ["Labels", "Image", "RunningFor", "Status"]],
      [
        ["stats", "--no-stream"],
        ["CPUPerc", "MemPerc", "MemUsage", "NetIO", "BlockIO", "PIDs"],
      ],
    ] as const) {
      const [own, other] = await Promise.all([
        shop.mustCli(...words, "--format", "json", "web").then(parse),
        theirs(...words, "--format", "json", "web").then(parse),
      ]);
      for (const name of differing) {
        assert.ok(own[name] !== undefined, name);
        other[name] = own[name];
      }
      assert.deepEqual({ ...own, ...other }, own, words[0]);
    }
    assert.match(JSON.stringify(parse(await theirs("version", "-f", "json"))), /^\{"version":"v[^"]+"\}$/);
    assert.match(await shop.mustCli("version", "-f", "json"), /^ +"version": "v[^"]+",$/m);
  });

  it("must ignore the cache with --no-cache, and push all tags with --push", async () => {
    const before = await idOf(`${image}:1`);
    const output = await shop.mustCli("build", "--no-cache", "--progress", "plain", "--push", "web");
    assert.match(output, /^image \S+ {2}#\d+ .*RUN echo/m);
    assert.match(output, new RegExp(`^${image}:extra => sha256:`, "m"));
    assert.notEqual(await idOf(`${image}:1`), before);
    const list = await fetch(`http://${registry.address}/v2/${shop.project}/tags/list`);
    const { tags } = (await list.json()) as { tags: string[] };
    assert.deepEqual(tags.sort(), ["1", "extra"]);
    const pushed = (await shop.cli("push", "--include-deps", "web")).stdout;
    assert.deepEqual(
      pushed
        .trim()
        .split("\n")
        .map((line) => line.split(" => ")[0]),
      [`${image}:1`, `${image}:extra`],
    );
  });

  it("must rebuild in a later `up` the images that --no-build left out of date, as docker compose's --build does", async () => {
    await shop.mustCli("up", "-y");
    const [before, id] = [await containersOf(host("a"), shop.project), await idOf(`${image}:1`)];
    shop.write("asset", "two");
    await shop.mustCli("up", "-y", "--no-build");
    assert.equal(await idOf(`${image}:1`), id);
    const ids = (all: { Id: string }[]) => all.map(({ Id }) => Id).sort();
    assert.deepEqual(ids(await containersOf(host("a"), shop.project)), ids(before));
    assert.match((await shop.cli("up", "-y", "--no-build")).stderr, /Nothing to do/);
    assert.match((await shop.cli("preview")).stdout, /was not built \(--no-build\): will be built/);
    await shop.mustCli("up", "-y");
    assert.notEqual(await idOf(`${image}:1`), id);
    assert.equal(await shop.mustCli("exec", "-T", "web", "cat", "/asset"), "two");
    assert.match((await shop.cli("up", "-y")).stderr, /Nothing to do/);
  });
});

describe("DOCKER_DEFAULT_PLATFORM", { skip: bedMissing() ?? composeMissing() }, () => {
  const { host, folder } = useBed({ hosts: ["a"] });

  it("must be the platform of built images, and set the labels of their containers, as with docker compose", async () => {
    const services = `services:
  made: { build: ., command: sleep 1 }
  got: { image: "k2-test/busybox:1", command: sleep 1 }
`;
    const { Architecture } = await engine<{ Architecture: string }>(
      host("a"),
      "GET",
      "/images/k2-test/busybox:1/json",
    );
    const env = { DOCKER_DEFAULT_PLATFORM: `linux/${Architecture}` };
    const files = { "compose.yml": services, Dockerfile: "FROM k2-test/busybox:1\n" };
    const ours = folder("platform", { files, env: { ...env, DOCKER_HOST: host("a").address } });
    const theirs = folder("platforms", { files });
    await ours.mustCli("create", "-y");
    const output = await dockerCompose(host("a"), ["create"], { cwd: theirs.folder, env });
    assert.equal(output.code, 0, output.stderr);
    const hashes = async (project: string) =>
      (await containersOf(host("a"), project)).map(({ Config: { Labels } }) =>
        ["service", "config-hash"].map((name) => Labels[`com.docker.compose.${name}`]),
      );
    assert.deepEqual((await hashes(ours.project)).sort(), (await hashes(theirs.project)).sort());
    assert.match((await ours.cli("up", "--no-start", "-y")).stderr, /Nothing to do/);
    await removeProject(host("a"), theirs.project);
  });
});
