import assert from "node:assert/strict";
import { chmodSync, rmSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { type BedSsh, startSsh } from "../../support/bed/ssh.js";
import { eventually } from "../../support/eventually.js";
import { containersOf, engine, volumesOf } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";
import { engineRequest, pulumiBin } from "../../support/scripts.js";
import { idle } from "../../support/model/idle-service.js";
import type { Workspace } from "../../support/cli/workspace.js";

// The containers have terminals, because otherwise the engine adds headers to the lines of a log.
const compose = (away: string, far: string) => `hosts: {away: "${away}", far: "${far}"}
services:
  copy:
    ${idle}
    host: far
    x-sync: true
    volumes: ["./site:/site:ro"]
  web:
    image: k2-test/busybox:1
    host: away
    x-sync: true
    tty: true
    command: ["sh", "-c", "cat /app.conf /site/page; find /site | sort; sleep 3600"]
    stop_signal: SIGKILL
    healthcheck:
      test: '! grep ill /site/page && test -x /site/bin/tool && ! touch /site/new'
      interval: 200ms
      retries: 2
    volumes: ["./site:/site:ro", "./app.conf:/app.conf:ro"]
    deploy: {replicas: 2, update_config: {order: stop-first}}
`;

describe("synced folders of the project on another machine", { skip: bedMissing() }, () => {
  const { host, workspace } = useBed({ hosts: ["a", "b"] });
  let shop: Workspace;
  let ssh: BedSsh;
  before(async () => {
    ssh = await startSsh(host("b"));
    const PATH = [ssh.bin, pulumiBin()!, dirname(process.execPath), process.env.PATH].join(delimiter);
    shop = await workspace("sync", {
      env: { PATH },
      files: {
        "compose.yml": compose(host("a").address, ssh.address),
        "site/page": "hello\n",
        "site/old/page": "old\n",
        "site/bin/tool": "#!/bin/sh\n",
        "app.conf": "one\n",
      },
    });
    chmodSync(join(shop.folder, "site/bin/tool"), 0o755);
  });

  after(() => ssh?.close());

  const containers = () => containersOf(host("a"), shop.project);
  const ids = async () => (await containers()).map(({ Id }) => Id);
  const volumes = () => volumesOf(host("a"), shop.project);
  const up = () => shop.mustPulumi("up", "--yes", "--skip-preview");
  /** Returns the lines that each container has printed at its start, which may be incomplete at first. */
  const output = async () => {
    const logs = (await ids()).map((id) =>
      engineRequest({ address: host("a").socket }, "GET", `/containers/${id}/logs?stdout=1`),
    );
    return (await Promise.all(logs)).map(({ text }) => text.trim().split("\r\n"));
  };
  const site = ["/site", "/site/bin", "/site/bin/tool"];

  it("must be uploaded once for all replicas, and not again", async () => {
    await up();
    assert.equal((await ids()).length, 2);
    assert.equal((await volumes()).length, 1);
    assert.equal((await volumesOf(host("b"), shop.project)).length, 1, "the folder is uploaded over ssh too");
    assert.deepEqual(await shop.preview(), []);
    await shop.mustPulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes");
    const lines = ["one", "hello", ...site, "/site/old", "/site/old/page", "/site/page"];
    await eventually(output, [lines, lines]);
  });

  it("must cause a change that names the files, and be uploaded as they are now", async () => {
    const [volume] = await volumes();
    rmSync(join(shop.folder, "site/old"), { recursive: true });
    shop.write("site/page", "howdy\n");
    shop.write("app.conf", "two\n");
    const diff = await shop.mustPulumi("preview", "--diff");
    assert.match(diff, /~ site\/page\s*: "\w+" => "\w+"/);
    assert.match(diff, /- site\/old\/page\s*: "\w+"/);
    assert.match(diff, /~ app\.conf\s*: "\w+" => "\w+"/);
    assert.ok(!diff.includes(shop.folder), "the diff contains no path of this machine");
    const ours = await shop.cli("preview");
    assert.match(ours.stdout, /~ synced\.site\/page: "\w+" => "\w+"/);
    await up();
    const lines = ["two", "howdy", ...site, "/site/page"];
    await eventually(output, [lines, lines]);
    assert.equal((await volumes()).length, 1);
    assert.ok(!(await volumes()).includes(volume!), "the old content is removed with its last container");
  });

  it("must be uploaded for `run` as they are now, and be removed with it when no other container uses them", async () => {
    const [volume] = await volumes();
    const run = () => shop.cli("run", "--rm", "--no-tty", "web", "cat", "/site/page", "/app.conf");
    assert.match((await run()).stdout, /howdy\s+two\s*$/);
    shop.write("site/page", "later\n");
    const { stdout, stderr } = await run();
    assert.match(stdout, /later\s+two\s*$/);
    assert.match(stderr, /upload \.\/site/);
    assert.deepEqual(await volumes(), [volume]);
  });

  it("must stay as they were, with their containers, when the new content makes the update fail", async () => {
    const before = [await ids(), await volumes()];
    shop.write("site/page", "ill\n");
    shop.write("app.conf", "three\n");
    assert.notEqual((await shop.pulumi("up", "--yes", "--skip-preview")).code, 0);
    assert.deepEqual([await ids(), await volumes()], before);
    const lines = ["two", "howdy", ...site, "/site/page"];
    // The first container was stopped for the update and started again by the rollback.
    await eventually(output, [[...lines, ...lines], lines]);
  });

  it("must be uploaded again when an upload may be incomplete", async () => {
    shop.write("site/page", "well\n");
    shop.write("app.conf", "four\n");
    await up();
    const [volume] = await volumes();
    for (const id of await ids()) await engine(host("a"), "DELETE", `/containers/${id}?force=1`);
    await half(volume!);
    await up();
    assert.deepEqual(await volumes(), [volume]);
    const lines = ["four", "well", ...site, "/site/page"];
    await eventually(output, [lines, lines]);
    assert.equal((await shop.preview()).length, 0);
  });

  it("must be restored by a rollback, which fails before it changes anything when they are missing", async () => {
    const before = [await ids(), await volumes()];
    const refused = await shop.cli("rollback", "1", "--yes");
    assert.notEqual(refused.code, 0);
    assert.match(
      refused.stderr,
      /copy@far needs the earlier content of \.\/site.*web@away needs .* \.\/site.*web@away needs .* \.\/app\.conf/s,
    );
    assert.deepEqual([await ids(), await volumes()], before);
    shop.write("site/page", "hello\n");
    shop.write("site/old/page", "old\n");
    shop.write("app.conf", "one\n");
    const { code, stdout, stderr } = await shop.cli("rollback", "1", "--yes");
    assert.equal(code, 0, stdout + stderr);
    const lines = ["one", "hello", ...site, "/site/old", "/site/old/page", "/site/page"];
    await eventually(output, [lines, lines]);
    assert.deepEqual(await shop.preview(), [], "the compose file matches the rollback's result");
  });

  it("must leave nothing behind when the service is removed", async () => {
    await shop.mustPulumi("destroy", "--yes", "--skip-preview");
    assert.deepEqual([await ids(), await volumes()], [[], []]);
    assert.deepEqual(await volumesOf(host("b"), shop.project), []);
  });

  /** Leaves a volume as a run does that is killed during an upload: incomplete, with the upload container. */
  async function half(volume: string): Promise<void> {
    const body = {
      Image: "k2-test/busybox:1",
      Cmd: ["rm", "/site/page"],
      Labels: {
        "com.docker.compose.project": shop.project,
        "com.docker.compose.oneoff": "True",
        "k2-compose.fills": `${shop.project}/web`,
      },
      HostConfig: { NetworkMode: "none", Binds: [`${volume}:/site`] },
    };
    const { Id } = await engine<{ Id: string }>(host("a"), "POST", "/containers/create", body);
    await engine(host("a"), "POST", `/containers/${Id}/start`);
    await engine(host("a"), "POST", `/containers/${Id}/wait`);
  }
});
