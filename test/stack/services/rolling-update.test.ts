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
    assert.equal((await upWith(compose(healthy(3)))).code, 0);
    const now = await containers();
    assert.deepEqual(names(now), ["web-1", "web-2", "web-3"]);
    for (const { Config } of now) assert.match(Config.Cmd.join(" "), /: 3;/);
    assert.deepEqual(await shop.preview(), []);
  });

  it("must roll back all replaced replicas with failure_action: rollback", async () => {
    // The third replica to start fails: the volume counts the starts.
    const third =
      "echo x >> /count/x; [ $$(wc -l < /count/x) -lt 3 ] || touch /bad; touch /begun; sleep 3600";
    const counted =
      compose(third, ", failure_action: rollback") + "    volumes: [count:/count]\nvolumes: {count: }\n";
    const { code, stdout } = await upWith(counted);
    assert.notEqual(code, 0);
    assert.match(stdout, /rolled back: all containers are as they were before/);
    const now = await containers();
    assert.deepEqual(names(now), ["web-1", "web-2", "web-3"]);
    for (const { Config, State } of now) {
      assert.match(Config.Cmd.join(" "), /: 3;/);
      assert.equal(State.Status, "running");
    }
  });

  it("must leave a correct state after the rollback", async () => {
    assert.equal((await upWith(compose(healthy(3)))).code, 0);
    assert.deepEqual(await shop.preview(), []);
  });
});
