import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { containersOf } from "../../support/bed/http-engine.js";
import { named, useBed } from "../../support/bed/use-bed.js";
import { idle } from "../../support/model/idle-service.js";
import type { Workspace } from "../../support/cli/workspace.js";

describe("a host that is disconnected", { skip: bedMissing() }, () => {
  // No other test uses the host that is disconnected.
  const { host, workspace, cleanUp } = useBed({ hosts: ["a", "cut"] });
  let shop: Workspace;
  let there: string[];
  before(async () => {
    shop = await workspace("dead-host", {});
    write("1");
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    there = await ids("cut");
    assert.equal(there.length, 1);
    await host("cut").disconnect();
  });
  cleanUp(() => host("cut").reconnect());

  it("must be reported once in a preview, which continues and proposes no changes for it", async () => {
    const { code, stdout } = await shop.pulumi("preview", "--expect-no-changes");
    assert.equal(code, 0, stdout);
    const diagnostics = stdout.slice(stdout.indexOf("Diagnostics:"));
    assert.equal(diagnostics.match(/cut: no answer from the engine/g)?.length, 1, stdout);
    assert.match(stdout, /Whether anything drifted on cut is unknown/);
  });

  it("must lose nothing from the state in a refresh", async () => {
    await shop.pulumi("refresh", "--yes", "--skip-preview");
    const { resources } = (await shop.state()).deployment;
    assert.deepEqual(named("Service", resources!).sort(), ["db@cut", "front@a", "web@a"]);
    assert.deepEqual(named("Network", resources!).length, 2);
  });

  it("must not block changes on other hosts with --continue-on-error", async () => {
    write("2");
    const { code, stdout } = await shop.pulumi("up", "--yes", "--skip-preview", "--continue-on-error");
    assert.notEqual(code, 0);
    assert.match(stdout, /cut: no answer from the engine at tcp:\/\/\S+/);
    assert.match(stdout, /front@a is blocked: it waits for db@cut, and that failed/);
    const [front, web] = await containersOf(host("a"), shop.project);
    assert.ok(web!.Config.Env.includes("VERSION=2"));
    assert.ok(front!.Config.Env.includes("VERSION=1"));
    const { resources } = (await shop.state()).deployment;
    assert.deepEqual(named("Service", resources!).sort(), ["db@cut", "front@a", "web@a"]);
    assert.deepEqual(await ids("cut"), there);
  });

  it("must be updated when it is reachable again", async () => {
    await host("cut").reconnect();
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    const [db] = await containersOf(host("cut"), shop.project);
    assert.ok(db!.Config.Env.includes("VERSION=2"));
    await shop.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
  });

  function write(version: string): void {
    const service = (name: string, where: string) =>
      `  ${name}:\n    ${idle}\n    host: ${where}\n    environment: { VERSION: "${version}" }\n`;
    const hosts = ["a", "cut"].map((name) => `  ${name}: ${host(name).address}\n`).join("");
    const front = `${service("front", "a")}    s_depends_on: [db]\n`;
    const services = service("web", "a") + service("db", "cut") + front;
    shop.write("compose.yml", `name: ${shop.project}\nhosts:\n${hosts}services:\n${services}`);
  }

  async function ids(name: string): Promise<string[]> {
    return (await containersOf(host(name), shop.project)).map(({ Name, Id }) => `${Name} ${Id}`);
  }
});
