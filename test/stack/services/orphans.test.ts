import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { containersOf, engine } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";
import { idle } from "../../support/model/idle-service.js";
import type { Workspace } from "../../support/cli/workspace.js";

const service = (name: string) => `  ${name}:\n    ${idle}\n`;

describe("a service that is in no compose file", { skip: bedMissing() }, () => {
  const { host, workspace } = useBed({ hosts: ["a"] });
  let shop: Workspace;
  before(async () => {
    const files = { "compose.yml": `services:\n${service("web")}${service("old")}` };
    shop = await workspace("orphans", { files, env: { DOCKER_HOST: host("a").address } });
    await shop.mustPulumi("up", "--yes", "--skip-preview");
  });

  it("must be removed when the stack's state has it", async () => {
    shop.write("compose.yml", `name: ${shop.project}\nservices:\n${service("web")}`);
    const steps = await shop.preview();
    assert.deepEqual(
      steps.map(({ op }) => op),
      ["delete"],
    );
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    assert.deepEqual(await names(), ["web-1"]);
  });

  it("must only be reported when nothing but its labels identifies it", async () => {
    const [web] = await containersOf(host("a"), shop.project);
    const Labels = { ...web!.Config.Labels, "com.docker.compose.service": "lost" };
    const body = { Image: web!.Image, Cmd: ["sleep", "3600"], Labels, StopSignal: "SIGKILL" };
    await engine(host("a"), "POST", `/containers/create?name=${shop.project}-lost-1`, body);
    await engine(host("a"), "POST", `/containers/${shop.project}-lost-1/start`);
    const output = await shop.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
    assert.match(output, /orphans of the project \S+: \S+-lost-1/);
    assert.match(output, /k2-compose:removeOrphans/);
    const { code, stderr } = await shop.cli("up");
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^warning: default: orphans of the project \S+: \S+-lost-1\.[^]*^Nothing to do/m);
    assert.deepEqual(await names(), ["lost-1", "web-1"]);
  });

  it("must be listed and removed with --remove-orphans", async () => {
    await shop.mustPulumi("config", "set", "k2-compose:removeOrphans", "true");
    assert.match(await shop.mustPulumi("preview"), /orphan \S+-lost-1: will be removed/);
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    assert.deepEqual(await names(), ["web-1"]);
    await shop.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
  });

  async function names(): Promise<string[]> {
    const containers = await containersOf(host("a"), shop.project);
    return containers.map(({ Name }) => Name.slice(shop.project.length + 1));
  }
});
