import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, describe, it } from "node:test";
import { join } from "node:path";
import { bedMissing } from "../../support/bed/bed.js";
import { containersOf, engine } from "../../support/bed/http-engine.js";
import { visit } from "../../support/servers/page.js";
import { named, useBed } from "../../support/bed/use-bed.js";
import { checkout } from "../../support/scripts.js";
import type { Workspace } from "../../support/cli/workspace.js";

const example = join(checkout, "examples/counter-two-hosts");
const compose = readFileSync(join(example, "k2-compose.yml"), "utf8");
/** With a short deadline, because some updates below never become healthy. */
const shortDeadline = compose.replace("timeout: 3", "timeout: 3\n      deadline: 5");

describe("the counter on two hosts", { skip: bedMissing() }, () => {
  const { host, workspace } = useBed({ hosts: ["a", "b"] });
  let counter: Workspace;
  let page: string;
  before(async () => {
    const [front, back] = [host("a"), host("b")];
    const env = { FRONT: front.address, FRONT_IP: front.ip, BACK: back.address, BACK_IP: back.ip };
    counter = await workspace("two-hosts", { from: example, env });
    write(compose);
    page = `http://${front.ip}:${counter.env.PORT}/`;
  });

  it("must deploy every service on its host, where nginx reaches the web app", async () => {
    await counter.mustPulumi("up", "--yes", "--skip-preview");
    assert.deepEqual(await servicesOn("a"), ["nginx"]);
    assert.deepEqual(await servicesOn("b"), ["redis", "web"]);
    assert.equal(await visit(page), 1);
  });

  it("must start a service after its dependency on another host", async () => {
    const [nginx] = await containersOf(host("a"), counter.project);
    const web = (await containersOf(host("b"), counter.project)).find(({ Name }) => Name.includes("-web-"));
    const [later, earlier] = [nginx!.State.StartedAt, web!.State.StartedAt];
    assert.ok(Date.parse(later) >= Date.parse(earlier), `${later} ${earlier}`);
  });

  it("must have a HealthCheck resource exactly where the file has health_check", async () => {
    const { resources } = (await counter.state()).deployment;
    assert.deepEqual(named("HealthCheck", resources!).sort(), ["nginx@front", "web@back"]);
  });

  it("must have nothing to do in a second `up` and in a refresh", async () => {
    await counter.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
    await counter.mustPulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes");
  });

  it("must not change nginx while the web app fails its health_check", async () => {
    const [before] = await containersOf(host("a"), counter.project);
    // The new web app keeps running but does not listen. The file changes nginx too.
    write(
      shortDeadline.replace("python3 -u /app.py", "sleep 3600").replace("listen 80;", "listen 80; # changed"),
    );
    const { code, stdout } = await counter.pulumi("up", "--yes", "--skip-preview");
    assert.notEqual(code, 0);
    assert.match(stdout, /web@back: .*http:\/\/\S+\/health/s);
    const [after] = await containersOf(host("a"), counter.project);
    assert.deepEqual([after!.Id, after!.State.StartedAt], [before!.Id, before!.State.StartedAt]);
  });

  it("must report what it waits for when a dependency fails, and keep the running containers", async () => {
    write(compose);
    await counter.mustPulumi("up", "--yes", "--skip-preview");
    const [before] = await containersOf(host("a"), counter.project);
    // The web app runs but cannot answer without redis. Only nginx is a target of this run.
    const redis = (await containersOf(host("b"), counter.project)).find(({ Name }) =>
      Name.includes("-redis-"),
    )!;
    await engine(host("b"), "POST", `/containers/${redis.Id}/pause`);
    write(shortDeadline.replace("listen 80;", "listen 80; # changed"));
    const { code, stdout } = await counter.pulumi(
      "up",
      "--yes",
      "--skip-preview",
      "--target",
      "**nginx@front",
    );
    assert.notEqual(code, 0);
    assert.match(stdout, /waits for web@back|web@back: .*health/);
    const [after] = await containersOf(host("a"), counter.project);
    assert.deepEqual([after!.Id, after!.State.StartedAt], [before!.Id, before!.State.StartedAt]);
  });

  it("must continue once the dependency is healthy again", async () => {
    write(compose.replace("listen 80;", "listen 80; # changed"));
    await counter.mustPulumi("up", "--yes", "--skip-preview");
    assert.equal(await visit(page), 2);
  });

  function write(text: string): void {
    counter.write("k2-compose.yml", text);
  }

  async function servicesOn(name: string): Promise<string[]> {
    const containers = await containersOf(host(name), counter.project);
    return containers.map(({ Config }) => Config.Labels["com.docker.compose.service"]!);
  }
});
