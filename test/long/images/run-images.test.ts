import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { closeAll, connect } from "../../support/engines.js";
import { push } from "../../../provider/engine/images/push.js";
import { bedMissing } from "../../support/bed/bed.js";
import { type BedRegistry, startRegistry } from "../../support/bed/registry.js";
import type { ComposeFolder } from "../../support/cli/compose-folder.js";
import { composeMissing, dockerCompose } from "../../support/docker-compose/docker-compose.js";
import { engine } from "../../support/bed/http-engine.js";
import { moveTag } from "../../support/servers/move-tag.js";
import { useBed } from "../../support/bed/use-bed.js";

/** One service with a tag that moves in the registry, and one that is built. */
const file = (image: string) => `services:
  made:
    build: .
    command: cat /asset
  got:
    image: ${image}:latest
    command: cat /version
`;

const dockerfile = "FROM k2-test/busybox:1\nCOPY asset /asset\n";

/** docker compose runs the same commands on another engine, for comparison. */
describe("`run --build` and `run --pull`", { skip: bedMissing() ?? composeMissing() }, () => {
  const { host, folder } = useBed({ hosts: ["a", "b"] });
  let registry: BedRegistry;
  let image: string;
  let ours: ComposeFolder;
  let theirs: ComposeFolder;

  before(async () => {
    registry = await startRegistry();
    image = `${registry.address}/got`;
    for (const version of ["1", "2"]) {
      const name = `${image}:v${version}`;
      const { Id } = await engine<{ Id: string }>(host("b"), "POST", "/containers/create", {
        Image: "k2-test/busybox:1",
        Cmd: ["sh", "-c", `echo ${version} > /version`],
      });
      await engine(host("b"), "POST", `/containers/${Id}/start`);
      await engine(host("b"), "POST", `/containers/${Id}/wait`);
      await engine(host("b"), "POST", `/commit?container=${Id}&repo=${image}&tag=v${version}`, {});
      await engine(host("b"), "DELETE", `/containers/${Id}`);
      await push(connect({ name: "b", address: host("b").address }), name);
      await engine(host("b"), "DELETE", `/images/${name}`);
    }
    await closeAll();
    await moveTag(registry.address, "got", "v1", "latest");
    const files = { "compose.yml": file(image), Dockerfile: dockerfile, asset: "one\n" };
    ours = folder("runimages", { files, env: { DOCKER_HOST: host("a").address } });
    theirs = folder("theirimages", { files });
  });
  after(() => registry.close());

  /** Asserts that k2-compose and docker compose have the same standard output and exit code. */
  async function both(...words: string[]): Promise<string> {
    const line = ["run", "--rm", "-T", ...words];
    const [mine, theirRun] = [
      await ours.cli(...line),
      await dockerCompose(host("b"), line, { cwd: theirs.folder }),
    ];
    // docker compose's classic builder writes its progress to standard output too.
    const last = `${theirRun.stdout.trimEnd().split("\n").at(-1)}\n`;
    assert.deepEqual([mine.stdout, mine.code], [last, theirRun.code], `${mine.stderr}\n${theirRun.stderr}`);
    return mine.stdout;
  }
  const writeAsset = (text: string) => [ours, theirs].forEach((one) => one.write("asset", text));

  it("must build a missing image, and rebuild a changed one only with --build", async () => {
    assert.equal(await both("made"), "one\n");
    writeAsset("two\n");
    assert.equal(await both("made"), "one\n");
    assert.equal(await both("--build", "made"), "two\n");
    assert.equal(await both("made"), "two\n");
  });

  it("must pull a missing image, and a newer one only with --pull", async () => {
    const never = await ours.cli("run", "--rm", "-T", "--pull", "never", "got");
    assert.notEqual(never.code, 0);
    assert.match(never.stderr, /got:latest/);
    assert.equal(await both("got"), "1\n");
    await moveTag(registry.address, "got", "v2", "latest");
    assert.equal(await both("--pull", "missing", "got"), "1\n");
    assert.equal(await both("got"), "1\n");
    assert.equal(await both("--pull", "always", "got"), "2\n");
    assert.equal(await both("got"), "2\n");
  });
});
