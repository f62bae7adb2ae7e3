import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { containersOf } from "../../support/bed/http-engine.js";
import { named, useBed } from "../../support/bed/use-bed.js";
import type { Workspace } from "../../support/cli/workspace.js";

/** Healthy once /tmp/well exists. */
const compose = (project: string, command: string) => `name: ${project}
services:
  web:
    image: k2-test/busybox:1
    command: ["sh", "-c", "${command}; exec sleep 3600"]
    stop_signal: SIGKILL
    healthcheck:
      test: test -f /tmp/well
      interval: 300ms
      retries: 3
`;

describe("a service that starts unhealthy", { skip: bedMissing() }, () => {
  const { host, workspace } = useBed({ hosts: ["a"] });
  let shop: Workspace;
  before(async () => {
    shop = await workspace("unhealthy", { env: { DOCKER_HOST: host("a").address } });
    shop.write("compose.yml", compose(shop.project, "echo the database is away"));
  });

  it("must fail the run with one error that contains the end of its log", async () => {
    const { code, stdout } = await shop.pulumi("up", "--yes", "--skip-preview");
    assert.notEqual(code, 0);
    assert.match(stdout, /default: \S+-web-1 is unhealthy/);
    assert.match(stdout, /its last lines:\s+the database is away/);
  });

  it("must stay in state and on its host", async () => {
    const { resources } = (await shop.state()).deployment;
    assert.deepEqual(named("Service", resources!), ["web@default"]);
    const [web] = await containersOf(host("a"), shop.project);
    const { outputs } = resources!.find(({ urn }) => urn.endsWith("::web@default"))!;
    assert.deepEqual(outputs!.containerIds, [web!.Id]);
  });

  it("must fail again when nothing was fixed, without a second container", async () => {
    const [before] = await containersOf(host("a"), shop.project);
    const { code } = await shop.pulumi("up", "--yes", "--skip-preview");
    assert.notEqual(code, 0);
    const [after, ...others] = await containersOf(host("a"), shop.project);
    assert.deepEqual([after!.Name, others], [before!.Name, []]);
  });

  it("must be kept in the state by a refresh", async () => {
    await shop.mustPulumi("refresh", "--yes", "--skip-preview");
    assert.deepEqual(named("Service", (await shop.state()).deployment.resources!), ["web@default"]);
  });

  it("must converge in the next `up` after it was fixed", async () => {
    shop.write("compose.yml", compose(shop.project, "touch /tmp/well"));
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    const [web, ...others] = await containersOf(host("a"), shop.project);
    assert.deepEqual([web!.Name, web!.State.Health?.Status], [`${shop.project}-web-1`, "healthy"]);
    assert.deepEqual(others, []);
    await shop.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
  });

  it("must be rolled back to the healthy version when the next one is not", async () => {
    const [before] = await containersOf(host("a"), shop.project);
    shop.write("compose.yml", compose(shop.project, "echo broken again"));
    const { code, stdout } = await shop.pulumi("up", "--yes", "--skip-preview");
    assert.notEqual(code, 0);
    assert.match(stdout, /broken again/);
    assert.match(stdout, /restored: /);
    const [after, ...others] = await containersOf(host("a"), shop.project);
    assert.deepEqual(
      [after!.Id, after!.Name, after!.State.Status, others],
      [before!.Id, before!.Name, "running", []],
    );
  });

  it("must be rolled back to the last healthy version, even if another one failed in between", async () => {
    const before = await containersOf(host("a"), shop.project);
    const failing = async (command: string, config: string) => {
      const deploy = `    deploy: {update_config: {order: stop-first${config}}}\n`;
      shop.write("compose.yml", compose(shop.project, command) + deploy);
      const { code, stdout } = await shop.pulumi("up", "--yes", "--skip-preview");
      assert.notEqual(code, 0);
      return stdout;
    };
    await failing("echo the second is bad", "");
    assert.match(
      await failing("echo the third is bad", ", failure_action: rollback"),
      /third is bad\s[^]*rolled back: all containers are as they were before/,
    );
    const after = await containersOf(host("a"), shop.project);
    assert.deepEqual(
      after.map(({ Id, State }) => [Id, State.Status]),
      before.map(({ Id }) => [Id, "running"]),
    );
    const { resources } = (await shop.state()).deployment;
    const { inputs, outputs } = resources!.find(({ urn }) => urn.endsWith("Service::web@default"))!;
    for (const { command } of [inputs, outputs] as { command: string[] }[])
      assert.match(command[2]!, /touch/, "the state has the version that runs");
  });
});
