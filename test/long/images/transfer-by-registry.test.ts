import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { type BedRegistry, startRegistry } from "../../support/bed/registry.js";
import { containersOf, engine } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";
import type { Workspace } from "../../support/cli/workspace.js";

describe("an image built under a name with a registry", { skip: bedMissing() }, () => {
  const { host, workspace, cleanUp } = useBed({ hosts: ["a", "b"] });
  let registry: BedRegistry;
  let shop: Workspace;
  let oldest: string | undefined;
  before(async () => {
    registry = await startRegistry();
    shop = await workspace("by-registry", {
      files: { "compose.yml": compose(""), "web/Dockerfile": dockerfile("one") },
    });
  });
  cleanUp(async () => {
    for (const name of ["a", "b"])
      await engine(host(name), "DELETE", `/images/${registry.address}/web:1?force=1`).catch(() => undefined);
    await registry.close();
  });
  const compose = (more: string) => `hosts: {a: "${host("a").address}", b: "${host("b").address}"}
services:
  web:
    image: ${registry.address}/web:1
    build: ./web
    host: [a, b]
    stop_signal: SIGKILL
${more}`;
  const dockerfile = (text: string) =>
    `FROM k2-test/busybox:1\nRUN echo ${text} ${registry.address} > /page.txt\nCMD ["sleep", "3600"]\n`;
  const up = () => shop.pulumi("up", "--yes", "--skip-preview");
  const imageOn = async (name: string) => (await containersOf(host(name), shop.project))[0]?.Image;
  /** Returns the host's digests of the image in the registry. */
  const digestsOn = async (name: string) =>
    (await engine<{ RepoDigests: string[] }>(host(name), "GET", `/images/${registry.address}/web:1/json`))
      .RepoDigests;
  const tags = async () =>
    ((await (await fetch(`http://${registry.address}/v2/web/tags/list`)).json()) as { tags: string[] }).tags;

  it("must be pushed once and pulled by the other hosts, without a push of its own tag", async () => {
    const { code, stdout } = await up();
    assert.equal(code, 0, stdout);
    assert.ok(await imageOn("a"));
    assert.equal(await imageOn("a"), await imageOn("b"));
    oldest = await imageOn("a");
    assert.match((await digestsOn("b")).join(), new RegExp(`^${registry.address}/web@sha256:\\w{64}$`));
    assert.match((await tags()).join(), /^k2-[0-9a-f]{16}$/);
    assert.deepEqual(await shop.preview(), []);
    await shop.mustPulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes");
  });

  it("must be streamed while the registry is unreachable, with a warning", async () => {
    await registry.kill();
    shop.write("web/Dockerfile", dockerfile("two"));
    const before = await imageOn("a");
    const { code, stdout } = await up();
    assert.equal(code, 0, stdout);
    assert.match(
      stdout,
      /web:1 is streamed from a, not sent through its registry \(x-distribute: stream contacts none\)/,
    );
    assert.match(stdout, /The engine itself, not this machine, must reach/);
    assert.notEqual(await imageOn("a"), before);
    assert.equal(await imageOn("a"), await imageOn("b"));
    assert.deepEqual(await digestsOn("b"), []);
    assert.deepEqual(await shop.preview(), []);
  });

  it("must fail where the file allows only the registry, and continue once it is reachable", async () => {
    shop.write("compose.yml", `name: ${shop.project}\n${compose("    x-distribute: registry\n")}`);
    assert.deepEqual(await shop.preview(), []);
    shop.write("web/Dockerfile", dockerfile("three"));
    const before = await imageOn("b");
    const failed = await up();
    assert.notEqual(failed.code, 0);
    assert.match(
      failed.stdout,
      /a: look up \S+\/web:k2-\w+: [^]*The engine itself, not this machine, must reach/,
    );
    assert.equal(await imageOn("b"), before);
    await registry.restart();
    const again = await up();
    assert.equal(again.code, 0, again.stdout);
    assert.equal(await imageOn("a"), await imageOn("b"));
    assert.equal((await tags()).length, 2);
  });

  it("must be built and pushed by `build` and `push`, without any change to containers before the next `up`", async () => {
    const before = await imageOn("a");
    shop.write("web/Dockerfile", dockerfile("four"));
    const built = await shop.cli("build", "web");
    assert.equal(built.code, 0, built.stdout + built.stderr);
    assert.equal(await imageOn("a"), before);
    const pushed = await shop.cli("push");
    assert.match(
      pushed.stdout,
      new RegExp(`^${registry.address}/web:1 => sha256:\\w{64}$`, "m"),
      pushed.stderr,
    );
    assert.ok((await tags()).includes("1"));
    const { code, stdout } = await up();
    assert.equal(code, 0, stdout);
    assert.doesNotMatch(stdout, /RUN echo/);
    assert.notEqual(await imageOn("a"), before);
    assert.equal(await imageOn("a"), await imageOn("b"));
  });

  it("must be pulled from the registry when no host has it any more", async () => {
    const [now, first] = [await imageOn("a"), oldest];
    assert.notEqual(now, first);
    for (const name of ["a", "b"])
      await engine(host(name), "DELETE", `/images/${first}?force=1`).catch(() => undefined);
    for (const name of ["a", "b"])
      await assert.rejects(engine(host(name), "GET", `/images/${first}/json`), /404/);
    const { code, stdout, stderr } = await shop.cli("rollback", "1");
    assert.equal(code, 0, stdout + stderr);
    assert.deepEqual([await imageOn("a"), await imageOn("b")], [first, first]);
  });
});
