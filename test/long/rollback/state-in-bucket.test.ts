import assert from "node:assert/strict";
import { readdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { closeAll, connect } from "../../support/engines.js";
import { push } from "../../../provider/engine/images/push.js";
import { bedMissing } from "../../support/bed/bed.js";
import { type BedRegistry, startRegistry } from "../../support/bed/registry.js";
import { type Bucket, openBucket } from "../../support/servers/s3-bucket.js";
import { command } from "../../support/cli/command.js";
import { containersOf, engine } from "../../support/bed/http-engine.js";
import { commandsIn, shown } from "../../support/docs/pages.js";
import { useBed } from "../../support/bed/use-bed.js";
import { checkout } from "../../support/scripts.js";
import { Terminal } from "../../support/cli/terminal.js";
import type { Workspace } from "../../support/cli/workspace.js";

const [password, otherPassword] = ["correct-horse-battery", "staple-of-the-vault"] as const;

describe("`k2-compose rollback` with state in a bucket", { skip: bedMissing() }, () => {
  const { host, workspace } = useBed({ hosts: ["a"] });
  let shop: Workspace;
  let bucket: Bucket;
  let registry: BedRegistry;
  let image: string;
  const printed: string[] = [];
  const mustRun = async (...args: string[]) => {
    const { code, stdout, stderr } = await shop.cli(...args);
    printed.push(stdout, stderr);
    assert.equal(code, 0, stdout + stderr);
    return stdout + stderr;
  };
  const seen = async () => {
    const [{ Image, Config }] = (await containersOf(host("a"), shop.project)) as [never];
    const { Env } = Config as { Env: string[] };
    return { image: Image as string, password: Env.find((text) => text.startsWith("PASSWORD=")) };
  };
  const write = async (version: number, value: string) => {
    shop.write(
      "compose.yml",
      `name: ${shop.project}
services:
  web:
    image: ${image}:v${version}
    command: sh -c "echo begun; exec sleep 3600"
    stop_signal: SIGKILL
    environment: { PASSWORD: "\${PASSWORD}" }
`,
    );
    const path = ["--path", "k2-compose:environment.PASSWORD"];
    await shop.mustPulumi("config", "set", "--secret", ...path, value);
  };
  let first: Awaited<ReturnType<typeof seen>>;

  before(async () => {
    [bucket, registry] = await Promise.all([openBucket(), startRegistry()]);
    image = `${registry.address}/journal`;
    await publish("v1");
    await publish("v2");
    await closeAll();
    shop = await workspace("journal", {
      env: { DOCKER_HOST: host("a").address, PULUMI_BACKEND_URL: bucket.url, ...bucket.env },
    });
    await write(1, password);
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    first = await seen();
  });
  after(async () => {
    await bucket?.close();
    await registry?.close();
  });

  it("must report that there is no deployment as long as none is recorded", async () => {
    const { code, stderr } = await shop.cli("rollback");
    assert.match(stderr, /no earlier deployments found: k2-compose has recorded none/);
    assert.notEqual(code, 0);
  });

  it("must record the state before and after a run of `k2-compose up`", async () => {
    await write(2, otherPassword);
    await mustRun("up", "-y");
    assert.notDeepEqual(await seen(), first);
    const [, one, two] = (await mustRun("rollback", "--list")).split("\n");
    assert.match(one!, /^ +1 +\S+ \S+ +succeeded +\+web@default$/);
    assert.match(two!, /^\* +2 .*~web@default: \S+:v1 => \S+:v2$/);
  });

  it("must serve other commands through Pulumi, without a compose file and without the passphrase", async () => {
    const [here, away] = ["compose.yml", "away"].map((name) => join(shop.folder, name)) as [string, string];
    const program = join(checkout, "bin/k2-compose.js");
    const run = (args: string[], env: NodeJS.ProcessEnv = {}) =>
      command(process.execPath, [program, ...args], {
        cwd: shop.folder,
        env: { ...shop.env, PULUMI_CONFIG_PASSPHRASE: "not this one", ...env },
      });
    renameSync(here, away);
    try {
      for (const [line, pattern] of [
        ["ps", /^\| web +\| \S+ +\| running +\|/m],
        ["show", /- web +│/],
        ["show web", /PASSWORD/],
        ["logs web", /^web_1 {2}\| begun$/m],
        ["exec -T web echo inside", /^inside\n$/],
      ] as const) {
        const { code, stdout, stderr } = await run(line.split(" "));
        printed.push(stdout, stderr);
        assert.match(stdout, pattern, stderr);
        assert.equal(code, 0, stderr);
      }
      const { code, stderr } = await run(["ps"], { PATH: "/nowhere" });
      assert.match(stderr, /state is at s3:.*no Pulumi CLI is available to read it\n {2}Install it/);
      assert.equal(code, 2);
    } finally {
      renameSync(away, here);
    }
  });

  it("must restore secrets, and pull missing images by digest", async () => {
    await engine(host("a"), "DELETE", `/images/${first.image}?force=1`);
    assert.match(await mustRun("images", "web", "--history"), /│ \(to be pulled\) +│ 1 +│/);
    await mustRun("rollback", "--preview", "--diff");
    await mustRun("rollback");
    assert.deepEqual(await seen(), first);
    assert.equal(first.password, `PASSWORD=${password}`);
    assert.match(await mustRun("rollback", "--list"), /^\* +3 .*\(rollback to 1\)$/m);
  });

  it("must neither store nor show secrets in plain text", () => {
    const journal = filesIn(join(shop.env.HOME!, ".k2-compose/history"));
    assert.equal(journal.length, 3);
    const kept = journal.map((file) => gunzipSync(readFileSync(file)).toString("latin1"));
    assert.ok(kept.every((text) => text.includes("ciphertext")));
    assert.ok(journal.every((file) => (statSync(file).mode & 0o77) === 0));
    const stored = [...bucket.objects.values()].map((data) => data.toString("latin1"));
    for (const text of [...printed, ...kept, ...stored])
      for (const word of [password, otherPassword]) assert.ok(!text.includes(word), around(text, word));
  });

  it("must ask for confirmation in a terminal, and change nothing after the answer no", async () => {
    const terminal = inTerminal("rollback");
    await terminal.until(/Going to roll back to deployment 2 of \S+ \S+\. Are you sure\? \[yN\] /);
    terminal.type("n\r");
    assert.equal(await terminal.end(), 1);
    assert.deepEqual(await seen(), first);
  });

  it("must move a tag back to an image of an earlier deployment", async () => {
    await mustRun("rollback");
    await engine(host("a"), "DELETE", `/images/${first.image}?force=1`);
    const declined = inTerminal("images web --config");
    await declined.until(/Which image should \S+:v2 refer to\? \[0-1\] /);
    declined.type("\r");
    assert.equal(await declined.end(), 1);
    const terminal = inTerminal("images web --config");
    const row = await terminal.until(/│ +│ (\d) │ \w{12} │ \(to be pulled\)/);
    await terminal.until(/Which image should \S+:v2 refer to\? \[0-1\] /);
    terminal.type(`${/\d/.exec(row)![0]}\r`);
    await terminal.until(/The next up uses this image\./);
    assert.equal(await terminal.end(), 0);
    const { Id } = await engine<{ Id: string }>(host("a"), "GET", `/images/${image}:v2/json`);
    assert.equal(Id, first.image);
    assert.match(await mustRun("preview"), /! image \S+:v2 {2}/);
  });

  it("must fail when neither host nor registry has an image any more", async () => {
    await engine(host("a"), "DELETE", `/images/${first.image}?force=1`);
    await registry.kill();
    const before = await seen();
    const { code, stderr } = await shop.cli("rollback", "1");
    assert.match(
      stderr,
      /cannot roll back to deployment 1: default needs \S+:v1 \(\w{12}\), which is on no host/,
    );
    assert.notEqual(code, 0);
    assert.deepEqual(await seen(), before);
  });

  it("must find nothing after the journal was removed as the README describes", async () => {
    const [, removal = ""] = commandsIn(shown("README.md", "rm -r STATE/.pulumi/history"));
    const { code } = await command("bash", ["-c", removal], { cwd: shop.folder, env: shop.env });
    assert.equal(code, 0);
    const { stderr } = await shop.cli("rollback", "--list");
    assert.match(stderr, /no earlier deployments found: k2-compose has recorded none/);
  });

  function inTerminal(line: string): Terminal {
    const program = `${process.execPath} ${join(checkout, "bin/k2-compose.js")} ${line}`;
    return new Terminal(program, { cwd: shop.folder, env: { ...shop.env, TERM: "xterm" } });
  }

  /** Pushes a new image with a unique label. */
  async function publish(tag: string): Promise<void> {
    const body = { Image: "k2-test/busybox:1", Cmd: ["true"] };
    const { Id } = await engine<{ Id: string }>(host("a"), "POST", "/containers/create", body);
    const changes = encodeURIComponent(`LABEL journal=${tag}-${Date.now()}`);
    await engine(
      host("a"),
      "POST",
      `/commit?container=${Id}&repo=${encodeURIComponent(image)}&tag=${tag}&changes=${changes}`,
    );
    await engine(host("a"), "DELETE", `/containers/${Id}`);
    await push(connect({ name: "a", address: host("a").address }), `${image}:${tag}`);
  }
});

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).isFile());
}

function around(text: string, word: string): string {
  const at = text.indexOf(word);
  return text.slice(Math.max(0, at - 300), at + 100);
}
