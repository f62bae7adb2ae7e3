import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { bedMissing } from "../support/bed.js";
import { containersOf } from "../support/http-engine.js";
import { kill, providersWith } from "../support/processes.js";
import { scene } from "../support/scene.js";
import { idle } from "../support/small-project.js";
import type { Workspace } from "../support/workspace.js";

const names = ["a", "b", "c", "d", "e", "f"];

describe("a run that was cut short", { skip: bedMissing() }, () => {
  const { host, workspace } = scene({ hosts: ["a"] });
  let shop: Workspace;
  before(async () => {
    shop = await workspace("crash", { env: { DOCKER_HOST: host("a").address } });
    write("1");
    await shop.mustPulumi("up", "--yes", "--skip-preview");
  });

  it("must be healed by the next `up` where the state was lost, without a restart", async () => {
    const before = await containers();
    rmSync(join(shop.folder, ".home/state/.pulumi/stacks"), { recursive: true });
    await shop.mustPulumi("stack", "init", "dev");
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    assert.deepEqual(await containers(), before);
    await shop.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
  });

  it("must be healed by the next `up` where the provider was killed in the middle", async () => {
    write("2");
    let ended = false;
    const up = shop.pulumi("up", "--yes", "--skip-preview").finally(() => (ended = true));
    while (!(await hasContainerOf("2"))) assert.ok(!ended, "the run ended before it made a container");
    const providers = providersWith(shop.folder);
    assert.equal(providers.length, 1);
    kill(providers);
    assert.notEqual((await up).code, 0);
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

  async function hasContainerOf(version: string): Promise<boolean> {
    // One may go between the list and the inspection.
    const found = await containersOf(host("a"), shop.project).catch(() => []);
    return found.some(({ Config }) => Config.Env.includes(`VERSION=${version}`));
  }

  async function containers(): Promise<string[]> {
    const found = await containersOf(host("a"), shop.project);
    return found.map(({ Name, Id, State }) => `${Name} ${Id} ${State.StartedAt}`);
  }
});
