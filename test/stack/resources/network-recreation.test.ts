import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { DeployedContainer } from "../../../provider/model/kinds.js";
import { bedMissing } from "../../support/bed/bed.js";
import { type ContainerInfo, containersOf } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";
import { idle } from "../../support/model/idle-service.js";
import type { Workspace } from "../../support/cli/workspace.js";

const compose = (front: string, back: string) => `services:
  fixed:
    ${idle}
    networks: {front: {ipv4_address: 10.77.0.55, aliases: [www]}}
  web:
    ${idle}
    networks: [back]
networks:
  front: {ipam: {config: [{subnet: 10.77.0.0/24}]}, labels: {tier: ${front}}}
  back: {ipam: {config: [{subnet: ${back}.0/24}]}}
`;

type Attached = ContainerInfo & {
  NetworkSettings: { Networks: Record<string, { IPAddress: string; Aliases: string[] }> };
};

describe("a network whose definition changed", { skip: bedMissing() }, () => {
  const { host, workspace } = useBed({ hosts: ["a"] });
  let shop: Workspace;
  before(async () => {
    const files = { "compose.yml": compose("one", "10.77.1") };
    shop = await workspace("anew", { files, env: { DOCKER_HOST: host("a").address } });
    await shop.mustPulumi("up", "--yes", "--skip-preview");
  });

  const attached = async () => {
    const found = (await containersOf(host("a"), shop.project)) as Attached[];
    return found.map(({ Id, NetworkSettings }) => {
      const [network] = Object.values(NetworkSettings.Networks);
      return { id: Id, ip: network!.IPAddress, aliases: network!.Aliases };
    });
  };
  const outputs = async () => {
    const { resources = [] } = (await shop.state()).deployment;
    const services = resources.filter(({ type }) => type.endsWith("k2:Service"));
    return services
      .flatMap(({ outputs }) => outputs!.containers as DeployedContainer[])
      .map(({ id, ip }) => ({ id, ip }))
      .sort((a, b) => (a.ip! < b.ip! ? -1 : 1));
  };

  it("must be recreated under its containers, with their new addresses in the state", async () => {
    const before = await attached();
    assert.deepEqual(
      before.map(({ ip }) => ip),
      ["10.77.0.55", "10.77.1.2"],
    );
    shop.write("compose.yml", `name: ${shop.project}\n${compose("two", "10.77.2")}`);
    const moves = /network \S+_back is recreated: containers will move to it/;
    assert.match(await shop.mustPulumi("preview"), moves);
    assert.match((await shop.cli("preview")).stdout, moves);
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    const now = await attached();
    assert.deepEqual(
      now.map(({ id }) => id),
      before.map(({ id }) => id),
      "the same containers",
    );
    assert.deepEqual(
      now.map(({ ip }) => ip),
      ["10.77.0.55", "10.77.2.2"],
      "a configured address stays the same",
    );
    assert.ok(now[0]!.aliases.includes("www"));
    assert.deepEqual(
      await outputs(),
      now.map(({ id, ip }) => ({ id, ip })),
    );
  });

  it("must have nothing to do afterwards", async () => {
    assert.deepEqual(await shop.preview(), []);
    await shop.mustPulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes");
  });
});
