import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import type { ComposeFolder } from "../../support/cli/compose-folder.js";
import { FaultProxy } from "../../support/servers/fault-proxy.js";
import {
  type ContainerInfo,
  containersOf,
  engine,
  networksLeft,
  networksOf,
} from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";
import { idle } from "../../support/model/idle-service.js";

type Attached = ContainerInfo & { NetworkSettings: { Networks: Record<string, { Aliases: string[] }> } };

/** The answer of an engine that counts removed containers as connected: docs/decisions/miscounted-networks.md. */
const miscounted = {
  to: /^DELETE \/networks\//,
  status: 403,
  message: "error while removing network: network shop_front id 0123 has active endpoints",
};

describe("a network that the engine refuses to remove", { skip: bedMissing() }, () => {
  const { host, folder } = useBed({ hosts: ["a"] });
  let shop: ComposeFolder;
  let proxy: FaultProxy;
  before(async () => {
    proxy = await FaultProxy.to(host("a"));
    shop = folder("miscounted");
    write("one");
    await shop.mustCli("up");
  });
  after(() => proxy.close());

  it("must keep its containers connected when it cannot be recreated", async () => {
    proxy.refuse(miscounted);
    write("two");
    const before = await attached();
    const { code, stderr } = await shop.cli("up");
    assert.equal(code, 6, stderr);
    assert.match(stderr, /default: network \S+_front cannot be recreated: .* has active endpoints/);
    assert.match(stderr, /restart the engine, then `up` again/);
    assert.deepEqual(await attached(), before);
    proxy.refuse();
    await shop.mustCli("up");
    assert.match(await shop.mustCli("up"), /Nothing to do/);
    assert.deepEqual(await attached(), before);
  });

  it("must be kept by `down` with the reason, and used again by `up`", async () => {
    proxy.refuse(miscounted);
    const { code, stdout, stderr } = await shop.cli("down");
    assert.equal(code, 0, stderr);
    assert.match(stdout + stderr, /network \S+_front on default is kept: .* miscounted: restart the engine/);
    assert.deepEqual(await containersOf(host("a"), shop.project), []);
    assert.deepEqual(await networksOf(host("a"), shop.project), [`${shop.project}_front`]);
    await shop.mustCli("up");
    assert.match(await shop.mustCli("up"), /Nothing to do/);
    proxy.refuse();
    await shop.mustCli("down");
    assert.deepEqual(await networksLeft(host("a"), shop.project), []);
  });

  it("must be kept for a container that was connected meanwhile", async () => {
    await shop.mustCli("up");
    proxy.refuse({ ...miscounted, meanwhile: () => startOn(`${shop.project}_front`, "late") });
    const { code, stdout, stderr } = await shop.cli("down");
    assert.equal(code, 0, stderr);
    assert.match(
      stdout + stderr,
      new RegExp(`_front on default is kept: in use by ${shop.project}-late now`),
    );
    assert.doesNotMatch(stdout + stderr, /has miscounted/);
    proxy.refuse();
  });

  async function startOn(network: string, name: string): Promise<void> {
    const body = {
      ...{ Image: "k2-test/busybox:1", Cmd: ["sleep", "3600"], HostConfig: { NetworkMode: network } },
      Labels: { "com.docker.compose.project": shop.project },
    };
    await engine(host("a"), "POST", `/containers/create?name=${shop.project}-${name}`, body);
    await engine(host("a"), "POST", `/containers/${shop.project}-${name}/start`);
  }

  function write(tier: string): void {
    shop.write(
      "compose.yml",
      `hosts: { default: "${proxy.address}" }
services:
  web:
    ${idle}
    networks: { front: { aliases: [www] } }
networks:
  front: { labels: { tier: ${tier} } }
`,
    );
  }

  async function attached(): Promise<unknown> {
    const found = (await containersOf(host("a"), shop.project)) as Attached[];
    return found.map(({ Id, State, NetworkSettings }) => [
      Id,
      State.StartedAt,
      Object.entries(NetworkSettings.Networks).map(([name, { Aliases }]) => [name, [...Aliases].sort()]),
    ]);
  }
});
