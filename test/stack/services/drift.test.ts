import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { type ContainerInfo, containersOf, engine } from "../../support/bed/http-engine.js";
import { named, retag, useBed } from "../../support/bed/use-bed.js";
import type { Workspace } from "../../support/cli/workspace.js";
import { rarely } from "../../support/rarely.js";

const compose = `services:
  web:
    image: \${IMAGE}
    command: sleep 3600
    stop_signal: SIGKILL
    mem_limit: 64m
    deploy:
      replicas: 2
    networks: [net]
networks:
  net:
`;

describe("a manual change", { skip: bedMissing() }, () => {
  const { host, workspace } = useBed({ hosts: ["a"] });
  let shop: Workspace;
  before(async () => {
    shop = await workspace("drift", {
      files: { "compose.yml": compose },
      env: { DOCKER_HOST: host("a").address },
    });
    shop.env.IMAGE = `${shop.project}/web:1`;
    await retag(host("a"), "k2-test/busybox:1", shop.env.IMAGE);
    await shop.mustPulumi("up", "--yes", "--skip-preview");
  });

  // First, because an engine may refuse to remove a network after one of its containers was renamed
  // (docs/decisions/miscounted-networks.md).
  it("must be reported and repaired: the network was removed", async () => {
    for (const { Id } of await containers()) await engine(host("a"), "DELETE", `/containers/${Id}?force=1`);
    await engine(host("a"), "DELETE", `/networks/${shop.project}_net`);
    await assertReportedAndRepaired(/network \S+_net is missing: will be created/);
  });

  it("must be reported and repaired: a container was stopped", async () => {
    const [web1, web2] = await containers();
    await post(`/containers/${web1!.Id}/stop`);
    await assertReportedAndRepaired(/web-1 is exited: will be started/);
    assert.deepEqual(
      (await containers()).map(({ Id }) => Id),
      [web1!.Id, web2!.Id],
      "the container is started, not replaced",
    );
  });

  it("must be reported and repaired: a container was removed", async () => {
    const [web1, web2] = await containers();
    await engine(host("a"), "DELETE", `/containers/${web2!.Id}?force=1`);
    await assertReportedAndRepaired(/web-2 is missing: will be created/);
    const after = await containers();
    assert.deepEqual(
      after.map(({ Name }) => Name),
      [`${shop.project}-web-1`, `${shop.project}-web-2`],
    );
    assert.equal(after[0]!.Id, web1!.Id);
  });

  rarely("must be reported and repaired: a container was paused", async () => {
    const [web1] = await containers();
    await post(`/containers/${web1!.Id}/pause`);
    await assertReportedAndRepaired(/web-1 is paused: will be unpaused/);
    assert.equal((await containers())[0]!.Id, web1!.Id);
  });

  rarely("must be reported and repaired: a container was disconnected from its network", async () => {
    const [web1] = await containers();
    await post(`/networks/${shop.project}_net/disconnect`, { Container: web1!.Id, Force: true });
    await assertReportedAndRepaired(/web-1.*network \S+_net is not attached/);
  });

  rarely("must be reported and repaired: two containers swapped names", async () => {
    const [web1, web2] = await containers();
    await post(`/containers/${web1!.Id}/rename?name=${shop.project}-between`);
    await post(`/containers/${web2!.Id}/rename?name=${web1!.Name}`);
    await post(`/containers/${web1!.Id}/rename?name=${web2!.Name}`);
    await assertReportedAndRepaired(/web-2 should be called \S+-web-1: will be renamed/);
    assert.deepEqual(
      (await containers()).map(({ Id }) => Id),
      [web1!.Id, web2!.Id],
      "the containers are renamed, not replaced",
    );
  });

  rarely("must be reported and repaired: a tag was moved to another image", async () => {
    await retag(host("a"), "k2-test/busybox:2", shop.env.IMAGE!);
    await assertReportedAndRepaired(/drift-\S+\/web:1 is another image now/);
    const { Id } = await engine<{ Id: string }>(host("a"), "GET", "/images/k2-test/busybox:2/json");
    assert.deepEqual(
      (await containers()).map(({ Image }) => Image),
      [Id, Id],
    );
  });

  rarely("must be reported and repaired: there is one replica too many", async () => {
    const [web1] = await containers();
    const labels = { ...web1!.Config.Labels, "com.docker.compose.container-number": "7" };
    const extra = { Image: web1!.Image, Cmd: web1!.Config.Cmd, Labels: labels, StopSignal: "SIGKILL" };
    const { Id } = await post<{ Id: string }>(`/containers/create?name=${shop.project}-web-7`, extra);
    await post(`/containers/${Id}/start`);
    await assertReportedAndRepaired(/web-7 is one too many: will be removed/);
    assert.equal((await containers()).length, 2);
  });

  it("must be found by a refresh and reverted by the next `up`: a limit was changed", async () => {
    const [web1] = await containers();
    const memory = 128 * 1024 * 1024;
    await post(`/containers/${web1!.Id}/update`, { Memory: memory, MemorySwap: memory * 2 });
    await shop.mustPulumi("refresh", "--yes", "--skip-preview");
    const [step, ...others] = (await shop.preview()).filter((one) => named("Service", [one]).length > 0);
    assert.deepEqual(others, []);
    assert.deepEqual(step?.detailedDiff, ["mem_limit"]);
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    const limits = (await containers()).map(({ HostConfig }) => HostConfig.Memory);
    assert.deepEqual(limits, [memory / 2, memory / 2]);
    await shop.mustPulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes");
  });

  /** Asserts that `preview` prints the reason and fails with --expect-no-changes, and that `up` repairs the drift. */
  async function assertReportedAndRepaired(reason: RegExp): Promise<void> {
    const { code, stdout } = await shop.pulumi("preview", "--expect-no-changes");
    assert.match(stdout, reason);
    assert.notEqual(code, 0, stdout);
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    for (const { Name, State } of await containers()) assert.equal(State.Status, "running", Name);
    await shop.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
  }

  function containers(): Promise<(ContainerInfo & { HostConfig: { Memory: number } })[]> {
    return containersOf(host("a"), shop.project) as never;
  }

  function post<T>(path: string, body?: unknown): Promise<T> {
    return engine<T>(host("a"), "POST", path, body);
  }
});
