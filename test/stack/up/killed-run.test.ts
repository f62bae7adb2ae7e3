import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { FaultProxy } from "../../support/servers/fault-proxy.js";
import { containersOf } from "../../support/bed/http-engine.js";
import { kill, providersWith } from "../../support/cli/processes.js";
import { useBed } from "../../support/bed/use-bed.js";
import { idle } from "../../support/model/idle-service.js";
import type { Workspace } from "../../support/cli/workspace.js";

const names = ["a", "b", "c", "d", "e", "f"];

describe("an interrupted run", { skip: bedMissing() }, () => {
  const { host, workspace } = useBed({ hosts: ["a"] });
  let shop: Workspace;
  let proxy: FaultProxy;
  before(async () => {
    proxy = await FaultProxy.to(host("a"));
    shop = await workspace("crash", { env: { DOCKER_HOST: proxy.address } });
    write("1");
    await shop.mustPulumi("up", "--yes", "--skip-preview");
  });
  after(() => proxy.close());

  it("must be repaired by the next `up` after the state was lost, without a restart", async () => {
    const before = await containers();
    rmSync(join(shop.folder, ".home/state/.pulumi/stacks"), { recursive: true });
    await shop.mustPulumi("stack", "init", "dev");
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    assert.deepEqual(await containers(), before);
    await shop.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
  });

  it("must be repaired by the next `up` after the provider was killed", async () => {
    write("2");
    let providers: number[] = [];
    const trigger = () => kill((providers = providersWith(shop.folder)));
    // Some containers have been created, others not, and the answer for the last one does not arrive.
    proxy.arm({ at: 5, done: true, trigger });
    assert.notEqual((await shop.pulumi("up", "--yes", "--skip-preview")).code, 0);
    assert.equal(providers.length, 1);
    const halfDone = await containersOf(host("a"), shop.project);
    assert.ok(
      halfDone.some(({ Config }) => Config.Env.includes("VERSION=2")),
      proxy.changes.join("\n"),
    );
    proxy.arm();
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    const found = await containersOf(host("a"), shop.project);
    assert.deepEqual(
      found.map(({ Name, State, Config }) => [Name, State.Status, Config.Env.includes("VERSION=2")]),
      names.map((name) => [`${shop.project}-${name}-1`, "running", true]),
    );
    await shop.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
  });

  function write(version: string): void {
    const service = (name: string) => `  ${name}:\n    ${idle}\n    environment: { VERSION: "${version}" }\n`;
    shop.write("compose.yml", `name: ${shop.project}\nservices:\n${names.map(service).join("")}`);
  }

  async function containers(): Promise<string[]> {
    const found = await containersOf(host("a"), shop.project);
    return found.map(({ Name, Id, State }) => `${Name} ${Id} ${State.StartedAt}`);
  }
});
