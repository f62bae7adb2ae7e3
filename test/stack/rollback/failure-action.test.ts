import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import type { ComposeFolder } from "../../support/cli/compose-folder.js";
import { containersOf } from "../../support/bed/http-engine.js";
import { kill, processesWith } from "../../support/cli/processes.js";
import { shown } from "../../support/docs/pages.js";
import { retag, useBed } from "../../support/bed/use-bed.js";
import { rarely } from "../../support/rarely.js";

const names = ["a", "b", "c"];
const [token, otherToken] = ["first-of-the-vault", "second-of-the-vault"];

describe("`failure_action: rollback` over hosts", { skip: bedMissing() }, () => {
  const { host, folder } = useBed({ hosts: names });
  let shop: ComposeFolder;
  let image: string;
  before(async () => {
    shop = folder("going-back");
    image = `k2-test/${shop.project}:latest`;
    await deployable(1, token);
    await shop.mustCli("up");
    await shop.mustCli("exec", "-T", "web@b", "touch", "/data/bad");
    first = await engines();
  });
  const rollbackMessage = "web@b failed, and failure_action is rollback: rolling back web@a";
  type Seen = Awaited<ReturnType<typeof engines>>;
  let first: Seen;

  const engines = () => Promise.all(names.map((name) => holds(name)));
  async function holds(name: string) {
    const list = await containersOf(host(name), shop.project);
    return list.map(({ Name, Image, Id, Config, State }) => ({
      name: Name.slice(shop.project.length + 1),
      ...{ id: Id, image: Image, state: State.Status },
      version: Config.Env.find((text) => text.startsWith("VERSION=")),
      hash: Config.Labels["com.docker.compose.config-hash"],
      files: Config.Labels["k2-compose.files"],
    }));
  }
  /**
   * The containers of host a without ids. side is recreated with web, so its hash, which includes web's id, is
   * omitted too.
   */
  const lasting = (seen: Seen) =>
    seen[0]!.map(({ id: _id, hash, ...rest }) => (rest.name === "side-1" ? rest : { ...rest, hash }));
  const versionsOf = (seen: Seen) =>
    seen.map((list) => list.find(({ name }) => name === "web-1")!.version!.slice("VERSION=".length));

  rarely("must recover when the run is stopped or killed during the rollback", async () => {
    await deployable(2, otherToken);
    let isRollingBack = false;
    const code = await ended("SIGINT", (line) => {
      isRollingBack ||= line.includes(`"text":"${rollbackMessage}"`);
      return isRollingBack && /"begin".*k2:Service::web@a"/.test(line);
    });
    assert.equal(code, 130);
    assert.deepEqual((await engines())[2], first[2]);
    await ended("SIGKILL", (line) => line.includes(`"text":"${rollbackMessage}"`));
    const now = await engines();
    assert.deepEqual(versionsOf(now), ["2", "1", "1"]);
    assert.deepEqual(now[2], first[2]);
  });

  /** Runs `up`, sends the signal at the first line that satisfies the condition, and returns the exit code. */
  async function ended(signal: NodeJS.Signals, isDue: (line: string) => boolean): Promise<number | null> {
    const [program, ...launcher] = shop.launcher;
    const child = spawn(program!, [...launcher, "up", "--json"], { cwd: shop.folder, env: shop.env });
    const closed = new Promise<number | null>((resolve) => child.on("close", resolve));
    child.stderr.resume();
    let isSent = false;
    for await (const line of createInterface({ input: child.stdout })) {
      if (isSent || !isDue(line)) continue;
      isSent = true;
      // Kills Pulumi too, which may be about to start the step.
      if (signal === "SIGKILL") kill(processesWith(shop.home).map(({ pid }) => pid));
      else child.kill(signal);
    }
    return closed;
  }

  it("must roll back the hosts that were updated, with their images and secrets, and keep everything else", async () => {
    await deployable(2, otherToken);
    const { code, stdout, stderr } = await shop.cli("up");
    assert.equal(code, 8, stdout + stderr);
    assert.ok(stderr.split("\n").includes(rollbackMessage), stderr);
    assert.match(stderr, /not done: web@b\n.*Rolled back on all hosts: web\. Fix the compose file/);
    // The run that was killed had updated host a.
    const [, ...page] = linesOf(shown("docs/rollback.md", "web@a  "));
    const printed = linesOf(stdout + stderr);
    assert.deepEqual(
      page.filter((line) => !printed.includes(line)),
      [],
    );
    const now = await engines();
    assert.deepEqual(versionsOf(now), ["1", "1", "1"]);
    assert.deepEqual(lasting(now).filter(isNotOther), lasting(first).filter(isNotOther));
    assert.deepEqual(now[2], first[2]);
    assert.equal(now[0]!.find(({ name }) => name === "other-1")!.version, "VERSION=2");
    assert.equal(await inside("web@a", "cat", "/run/secrets/token"), token);
    assert.match(await inside("side@a", "wget", "-qO-", "http://127.0.0.1:8080/"), /hello/);
    assert.ok(!(stdout + stderr).includes(otherToken) && !(stdout + stderr).includes(token));
  });

  it("must leave a correct state: it differs from the file by the failed change only", async () => {
    assert.match(await shop.mustCli("refresh"), /^The state matches the hosts\.$/m);
    const changes = JSON.parse((await shop.cli("preview", "--json")).stdout) as {
      id: string;
      action: string;
    }[];
    const services = changes.filter(({ id }) => id.startsWith("service ")).map(({ id }) => id.slice(8));
    assert.deepEqual(
      services.filter((id) => id.startsWith("web")),
      ["web@a", "web@b", "web@c"],
    );
    assert.ok(!services.some((id) => id.startsWith("other")));
  });

  it("must continue when the failure is fixed", async () => {
    await shop.mustCli("exec", "-T", "web@b", "rm", "/data/bad");
    await shop.mustCli("up");
    assert.deepEqual(versionsOf(await engines()), ["2", "2", "2"]);
    assert.equal(await inside("web@c", "cat", "/run/secrets/token"), otherToken);
    assert.match(await shop.mustCli("up"), /^Nothing to do/m);
  });

  rarely("must retry when the rollback of a host has failed", async () => {
    await deployable(2, otherToken, 6);
    await shop.mustCli("up");
    const before = await engines();
    await shop.mustCli("exec", "-T", "web@b", "touch", "/data/armed");
    await deployable(3, otherToken, 6);
    const { code, stdout, stderr } = await shop.cli("up");
    assert.equal(code, 8, stdout + stderr);
    assert.match(stderr, /could not be rolled back: .* exited with 4/);
    assert.match(stderr, /^the rollback of web@b failed: retrying it$/m);
    assert.match(stderr, /Rolled back on all hosts: web\./);
    const now = await engines();
    assert.deepEqual(versionsOf(now), ["2", "2", "2"]);
    const webs = (seen: Seen) => seen[1]!.filter(({ name }) => name.startsWith("web"));
    const withoutIds = (seen: Seen) => webs(seen).map(({ id: _id, ...rest }) => rest);
    assert.deepEqual(withoutIds(now), withoutIds(before));
    assert.match(await inside("side@b", "wget", "-qO-", "http://127.0.0.1:8080/"), /hello/);
  });

  rarely("must retry on a single host, too", async () => {
    const one = folder("going-back-one");
    const deploy = (version: number) => {
      one.write("compose.yaml", compose(version, 2, ["a"]).replaceAll(image, "k2-test/busybox:1"));
      one.write("token.txt", token);
      return one.cli("up");
    };
    assert.equal((await deploy(1)).code, 0);
    const seen = async () => {
      const found = await containersOf(host("a"), one.project);
      return found
        .filter(({ Name }) => !Name.endsWith("-other-1"))
        .map(({ Name, Config, State }) => [Name, Config.Env[0], State.Status]);
    };
    const before = await seen();
    await one.mustCli("exec", "-T", "web", "touch", "/data/armed");
    const { code, stdout, stderr } = await deploy(3);
    assert.equal(code, 8, stdout + stderr);
    assert.match(stderr, /could not be rolled back: .* exited with 4/);
    assert.match(stderr, /^the rollback of web@a failed: retrying it$/m);
    assert.match(stderr, /Rolled back: web\. Fix the compose file/);
    assert.deepEqual(await seen(), before);
  });

  const isNotOther = ({ name }: { name: string }) => name !== "other-1";

  async function inside(...args: string[]): Promise<string> {
    return (await shop.mustCli("exec", "-T", ...args)).trim();
  }

  async function deployable(version: number, secret: string, replicas = 3): Promise<void> {
    for (const name of names) await retag(host(name), `k2-test/busybox:${Math.min(version, 2)}`, image);
    shop.write("token.txt", secret);
    shop.write("compose.yaml", compose(version, replicas));
  }

  function compose(version: number, replicas: number, hosts = names): string {
    const start = [
      "[ ! -e /data/trip ] || { rm /data/trip; exit 4; }",
      `[ ${version} = 1 ] || [ ! -e /data/bad ] || exit 3`,
      // The second replica fails, and so does the first one's rollback.
      `[ ${version} != 3 ] || [ ! -e /data/armed ] || mkdir /data/one || { touch /data/trip; exit 3; }`,
      "echo hello > /index.html; httpd -f -p 8080 -h /",
    ].join("; ");
    return `hosts:
${hosts.map((name) => `  ${name}: ${host(name).address}`).join("\n")}
services:
  web:
    image: ${image}
    command: ["sh", "-c", "${start}"]
    environment: { VERSION: "${version}" }
    stop_signal: SIGKILL
    host: [${hosts.join(", ")}]
    secrets: [token]
    volumes: [data:/data]
    healthcheck: { test: test -e /index.html, interval: 200ms, retries: 30 }
    deploy: { replicas: ${replicas}, update_config: { parallelism: 1, failure_action: rollback } }
  side:
    image: k2-test/busybox:1
    command: sleep 3600
    stop_signal: SIGKILL
    host: [${hosts.join(", ")}]
    network_mode: service:web
    deploy: { replicas: ${hosts.length} }
  other:
    image: k2-test/busybox:1
    command: sleep 3600
    stop_signal: SIGKILL
    environment: { VERSION: "${version}" }
    host: a
volumes: { data: {} }
secrets: { token: { file: ./token.txt } }
`;
  }
});

/** Without durations and the widths of columns. */
function linesOf(text: string): string[] {
  const lines = text.trimEnd().split("\n");
  return lines.map((line) => line.replace(/(?<=\S) {2,}/g, " ").replace(/ [\d.]+ m?s$/, ""));
}
