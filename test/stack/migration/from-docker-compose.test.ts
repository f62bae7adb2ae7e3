import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { join } from "node:path";
import { bedMissing } from "../../support/bed/bed.js";
import { composeMissing, dockerCompose } from "../../support/docker-compose/docker-compose.js";
import { containersOf, engine, networksLeft } from "../../support/bed/http-engine.js";
import { argumentsIn, quotedIn, shown } from "../../support/docs/pages.js";
import { useBed } from "../../support/bed/use-bed.js";
import { checkout } from "../../support/scripts.js";
import { idle } from "../../support/model/idle-service.js";
import type { Workspace } from "../../support/cli/workspace.js";

describe("a project that docker compose deployed", { skip: bedMissing() ?? composeMissing() }, () => {
  const { host, workspace, folder } = useBed({ hosts: ["a"] });
  let counter: Workspace;
  let deployed: string[];
  before(async () => {
    const env = { DOCKER_HOST: host("a").address };
    counter = await workspace("adopt", { from: join(checkout, "examples/counter"), env });
    await compose("up", "-d", "--wait");
    deployed = await starts();
    assert.equal(deployed.length, 3);
  });

  it("must be reported as adopted, container by container", async () => {
    const { code, stdout } = await counter.pulumi("preview");
    assert.equal(code, 0, stdout);
    for (const service of ["nginx", "redis", "web"]) {
      assert.match(
        stdout,
        new RegExp(`adopt \\S+-${service}-1 \\(running, same configuration\\): no restart`),
      );
    }
    assert.match(stdout, /adopt network \S+_front/);
    assert.match(stdout, /adopt volume \S+_data/);
  });

  it("must be adopted without a restart", async () => {
    await counter.mustPulumi("up", "--yes", "--skip-preview");
    assert.deepEqual(await starts(), deployed);
  });

  it("must have nothing to do in a second `up` and in a refresh", async () => {
    await counter.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
    await counter.mustPulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes");
    assert.deepEqual(await starts(), deployed);
  });

  it("must be removed by `destroy` once it is adopted", async () => {
    await counter.mustPulumi("destroy", "--yes", "--skip-preview");
    assert.deepEqual(await starts(), []);
    assert.deepEqual(await networksLeft(host("a"), counter.project), []);
  });

  it("must not be changed by docker compose when k2-compose deployed it", async () => {
    await counter.mustPulumi("up", "--yes", "--skip-preview");
    const ours = await starts();
    assert.equal(ours.length, 3);
    await compose("up", "-d", "--wait");
    assert.deepEqual(await starts(), ours);
  });

  it("must be started again with the secrets that docker compose has mounted", async () => {
    const files = {
      "compose.yml": `services:\n  web:\n    ${idle}\n    secrets: [key]\nsecrets: {key: {file: ./key}}\n`,
      key: "secret\n",
    };
    const shop = folder("mounted", { files, env: { DOCKER_HOST: host("a").address } });
    await dockerCompose(host("a"), ["-p", shop.project, "up", "-d"], { cwd: shop.folder });
    const [before] = await containersOf(host("a"), shop.project);
    const page = shown("docs/from-docker-compose.md", "k2-compose preview");
    const [preview = [], up = []] = argumentsIn(page);
    const printed = await shop.mustCli(...preview);
    assert.ok(printed.includes(quotedIn(page).replace("shop-web-1", `${shop.project}-web-1`)), printed);
    await engine(host("a"), "POST", `/containers/${before!.Id}/stop`);
    await shop.mustCli(...up);
    const [after] = await containersOf(host("a"), shop.project);
    assert.deepEqual([after!.Id, after!.State.Status], [before!.Id, "running"]);
  });

  async function compose(...args: string[]): Promise<void> {
    const { PORT, NGINX_IMAGE, PYTHON_IMAGE, REDIS_IMAGE } = counter.env as Record<string, string>;
    const env = { PORT, NGINX_IMAGE, PYTHON_IMAGE, REDIS_IMAGE } as Record<string, string>;
    const options = { cwd: counter.folder, env };
    const { code, stderr } = await dockerCompose(host("a"), ["-p", counter.project, ...args], options);
    assert.equal(code, 0, stderr);
  }

  async function starts(): Promise<string[]> {
    const containers = await containersOf(host("a"), counter.project);
    return containers.map(({ Id, Name, State }) => `${Name} ${Id} ${State.StartedAt}`);
  }
});
