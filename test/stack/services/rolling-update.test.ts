import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { type ContainerInfo, containersOf } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";
import type { Workspace } from "../../support/cli/workspace.js";

const compose = (command: string, more = "") => `services:
  web:
    image: k2-test/busybox:1
    command: ["sh", "-c", "${command}"]
    stop_signal: SIGKILL
    healthcheck:
      # Not before it has begun: it might be taken for well.
      test: while [ ! -e /begun ]; do sleep 0.05; done; test ! -e /bad
      interval: 200ms
      retries: 2
    deploy:
      replicas: 3
      update_config: {parallelism: 1${more}}
`;
const healthy = (version: number) => `: ${version}; touch /begun; sleep 3600`;
const unhealthy = (version: number) => `: ${version}; touch /bad; echo I am ill; touch /begun; sleep 3600`;

describe("a rolling update", { skip: bedMissing() }, () => {
  const { host, workspace } = useBed({ hosts: ["a"] });
  let shop: Workspace;
  before(async () => {
    shop = await workspace("rolling", {
      files: { "compose.yml": compose(healthy(1)) },
      env: { DOCKER_HOST: host("a").address },
    });
    await shop.mustPulumi("up", "--yes", "--skip-preview");
  });

  const containers = () => containersOf(host("a"), shop.project);
  const names = (list: ContainerInfo[]) => list.map(({ Name }) => Name.slice(shop.project.length + 1));
  const upWith = (text: string) => {
    shop.write("compose.yml", `name: ${shop.project}\n${text}`);
    return shop.pulumi("up", "--yes", "--skip-preview");
  };

  /** Only the replica that starts as number `count` fails: the volume counts the starts. */
  const failingAt = (count: number, more: string) => {
    const starts = `/count/${count}`;
    const command = `echo x >> ${starts}; [ $$(wc -l < ${starts}) -ne ${count} ] || touch /bad; touch /begun; sleep 3600`;
    return compose(command, more) + "    volumes: [count:/count]\nvolumes: {count: }\n";
  };

  it("must pause at the first replica that does not become healthy, and restore the old one", async () => {
    const old = await containers();
    const { code, stdout } = await upWith(compose(unhealthy(2)));
    assert.notEqual(code, 0);
    assert.match(stdout, /is unhealthy/);
    assert.match(stdout, /I am ill/, "the error contains the last lines of the log");
    assert.deepEqual(
      (await containers()).map(({ Id }) => Id),
      old.map(({ Id }) => Id),
    );
  });

  it("must continue when the file is fixed", async () => {
    const file = compose(healthy(3), ", delay: 1s");
    assert.equal((await upWith(file)).code, 0);
    const now = await containers();
    assert.deepEqual(names(now), ["web-1", "web-2", "web-3"]);
    for (const { Config } of now) assert.match(Config.Cmd.join(" "), /: 3;/);
    const starts = now.map(({ State }) => Date.parse(State.StartedAt)).sort();
    for (const [index, start] of starts.entries())
      if (index > 0) assert.ok(start - starts[index - 1]! >= 1_000, `${starts.join()}: pauses of a second`);
    assert.deepEqual(await shop.preview(), []);
  });

  it("must roll back all replaced replicas with failure_action: rollback", async () => {
    const { code, stdout } = await upWith(failingAt(3, ", failure_action: rollback"));
    assert.notEqual(code, 0);
    assert.match(stdout, /rolled back: all containers are as they were before/);
    const now = await containers();
    assert.deepEqual(names(now), ["web-1", "web-2", "web-3"]);
    for (const { Config, State } of now) {
      assert.match(Config.Cmd.join(" "), /: 3;/);
      assert.equal(State.Status, "running");
    }
  });

  it("must replace the others, and roll back nothing, with max_failure_ratio", async () => {
    const { code, stdout } = await upWith(failingAt(1, ", failure_action: rollback, max_failure_ratio: 0.5"));
    assert.notEqual(code, 0);
    assert.match(stdout, /tolerated by max_failure_ratio: the others were replaced, nothing is rolled back/);
    const commands = (await containers()).map(({ Config }) => Config.Cmd.join(" "));
    assert.equal(commands.filter((text) => text.includes("/count/1")).length, 2);
    assert.equal(commands.filter((text) => text.includes(": 3;")).length, 1);
  });

  it("must leave a correct state after a rollback and a tolerated failure", async () => {
    assert.equal((await upWith(compose(healthy(3)))).code, 0);
    assert.deepEqual(await shop.preview(), []);
  });
});
