import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { type ContainerInfo, containersOf, writtenAt } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";
import type { Workspace } from "../../support/cli/workspace.js";

const names = ["a", "b", "c"];

/** A command that becomes healthy after half a second. */
const healthy = (version: number) => `: ${version}; sleep 0.5; touch /well; sleep 3600`;

describe("a rolling update over hosts", { skip: bedMissing() }, () => {
  const { host, workspace } = useBed({ hosts: names });
  let shop: Workspace;
  before(async () => {
    shop = await workspace("rolling-hosts", {});
    write(healthy(1));
    assert.equal((await up()).code, 0);
  });

  const up = () => shop.cli("up", "--stack", "dev");
  /** Returns the containers, exactly one per host. */
  const containers = async () => {
    const lists = await Promise.all(names.map((name) => containersOf(host(name), shop.project)));
    for (const list of lists) assert.equal(list.length, 1);
    return lists.flat();
  };
  const ids = (list: ContainerInfo[]) => list.map(({ Id, State }) => [Id, State.StartedAt]);

  it("must stop at the first host that fails, roll it back, and change nothing on the others", async () => {
    const old = await containers();
    write("echo I am ill; exit 3");
    const { code, stdout, stderr } = await up();
    assert.equal(code, 8, stdout + stderr);
    assert.match(stderr, /I am ill/, "the error contains the last lines of the log");
    for (const next of ["b", "c"])
      assert.match(
        stderr,
        new RegExp(`^error: web@${next} is blocked: it waits for web@a, and that failed$`, "m"),
      );
    assert.deepEqual(ids(await containers()), ids(old));
    assert.ok(old.every(({ State }) => State.Status === "running"));
    const { resources } = (await shop.state()).deployment;
    const services = resources!.filter(({ type }) => type.endsWith("k2:Service"));
    const known = services.map(({ outputs }) => outputs!["containerIds"]);
    assert.deepEqual(known.flat().sort(), old.map(({ Id }) => Id).sort());
  });

  it("must go host by host when the file is fixed, each once the one before is healthy", async () => {
    write(healthy(3));
    const { code, stdout, stderr } = await up();
    assert.equal(code, 0, stdout + stderr);
    const now = await containers();
    for (const { Config } of now) assert.match(Config.Cmd.join(" "), /: 3;/);
    // The hosts of the bed share one clock.
    const healthyAt = await Promise.all(now.map(({ Id }, at) => writtenAt(host(names[at]!), Id, "/well")));
    for (const at of [1, 2]) {
      const waited = Date.parse(now[at]!.Created) - healthyAt[at - 1]!;
      assert.ok(waited >= 0, `created ${waited} ms after the previous one became healthy`);
    }
    assert.match((await up()).stderr, /Nothing to do/);
  });

  function write(command: string): void {
    const hosts = names.map((name) => `  ${name}: ${host(name).address}`).join("\n");
    const text = `hosts:
${hosts}
services:
  web:
    image: k2-test/busybox:1
    command: ["sh", "-c", "${command}"]
    stop_signal: SIGKILL
    host: [a, b, c]
    healthcheck: { test: test -e /well, interval: 200ms, retries: 30 }
    deploy: { replicas: 3, update_config: { parallelism: 1 } }
`;
    shop.write("compose.yml", `name: ${shop.project}\n${text}`);
  }
});
