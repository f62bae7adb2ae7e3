import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { containersOf } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";

/** `only`: the version works in one container. */
const compose = (version: number, only = ":") => `services:
  db:
    image: k2-test/busybox:1
    command: ["sh", "-c", ": ${version}; ${only}; sleep 3600"]
    stop_signal: SIGKILL
    volumes: [data:/data]
    deploy: {replicas: 2, update_config: {failure_action: rollback, monitor: 1s}}
  web:
    image: k2-test/busybox:1
    command: sleep 3600
    stop_signal: SIGKILL
    depends_on: {db: {condition: service_started, restart: true}}
  side:
    image: k2-test/busybox:1
    command: sleep 3600
    stop_signal: SIGKILL
    network_mode: service:db
  job:
    image: k2-test/busybox:1
    command: ["true"]
  after:
    image: k2-test/busybox:1
    command: sleep 3600
    stop_signal: SIGKILL
    depends_on: {job: {condition: service_completed_successfully}}
volumes: {data: {}}
`;

describe("a dependency that is replaced", { skip: bedMissing() }, () => {
  const { host, workspace } = useBed({ hosts: ["a"] });

  it("must restart dependents with restart: true, replace those that share its namespace, and keep the others", async () => {
    const shop = await workspace("restart", {
      files: { "compose.yml": compose(1) },
      env: { DOCKER_HOST: host("a").address },
    });
    const byService = async () => {
      const all = await containersOf(host("a"), shop.project);
      return Object.fromEntries(all.map((one) => [one.Config.Labels["com.docker.compose.service"]!, one]));
    };
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    const before = await byService();
    assert.deepEqual(await shop.preview(), [], "a completed job is not run again");

    shop.write("compose.yml", `name: ${shop.project}\n${compose(2)}`);
    const steps = await shop.preview();
    assert.deepEqual(steps.map(({ urn }) => urn.split("::").pop()).sort(), [
      "db@default",
      "side@default",
      "web@default",
    ]);
    await shop.mustPulumi("up", "--yes", "--skip-preview");

    const after = await byService();
    assert.notEqual(after.db!.Id, before.db!.Id);
    assert.notEqual(after.side!.Id, before.side!.Id);
    assert.equal(after.web!.Id, before.web!.Id);
    assert.notEqual(after.web!.State.StartedAt, before.web!.State.StartedAt);
    for (const service of ["job", "after"])
      assert.equal(after[service]!.State.StartedAt, before[service]!.State.StartedAt);
    shop.write("compose.yml", `name: ${shop.project}\n${compose(3, "mkdir /data/one || exit 3")}`);
    const { code, stdout } = await shop.pulumi("up", "--yes", "--skip-preview");
    assert.notEqual(code, 0, stdout);
    assert.match(stdout, /rolled back: all containers are as they were before/);
    assert.match(stdout, /-web-1: db was replaced: restarted/);
    const { db, side, web } = await byService();
    assert.match(db!.Config.Cmd.join(" "), /: 2;/);
    assert.equal(side!.Id, after.side!.Id);
    assert.notEqual(web!.State.StartedAt, after.web!.State.StartedAt);
  });
});
