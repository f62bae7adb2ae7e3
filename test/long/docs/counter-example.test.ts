import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { join } from "node:path";
import { bedMissing } from "../../support/bed/bed.js";
import { containersOf, engine, networksLeft, volumesOf } from "../../support/bed/http-engine.js";
import { pageText, visit } from "../../support/servers/page.js";
import { named, retag, useBed } from "../../support/bed/use-bed.js";
import { checkout } from "../../support/scripts.js";
import type { Workspace } from "../../support/cli/workspace.js";

describe("the counter example", { skip: bedMissing() }, () => {
  const { host, workspace } = useBed({ hosts: ["a"] });
  let counter: Workspace;
  let page: string;
  before(async () => {
    const env = { DOCKER_HOST: host("a").address };
    counter = await workspace("counter", { from: join(checkout, "examples/counter"), env });
    page = `http://${host("a").ip}:${counter.env.PORT}/`;
  });

  it("must run after one `pulumi up`, and count", async () => {
    await counter.mustPulumi("up", "--yes", "--skip-preview");
    assert.equal(await visit(page), 1);
    assert.equal(await visit(page), 2);
  });

  it("must have nothing to do in a second `up`", async () => {
    const before = await startTimes();
    await counter.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
    assert.deepEqual(await startTimes(), before);
  });

  it("must find nothing changed in a refresh", async () => {
    await counter.mustPulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes");
    await counter.mustPulumi("preview", "--expect-no-changes");
  });

  it("must continue counting when the web app is replaced", async () => {
    const before = await startTimes();
    counter.env.GREETING = "Good day";
    const [step, ...others] = await counter.preview();
    assert.deepEqual(others, [], "only the web app changes");
    assert.deepEqual(step?.detailedDiff, ["environment.GREETING"]);
    await counter.mustPulumi("up", "--yes", "--skip-preview");
    assert.match(await pageText(page), /^Good day! This page was seen 3 times/);
    assert.deepEqual(await changedSince(before), ["web"]);
  });

  it("must show a new image as a change of that one field", async () => {
    await retag(host("a"), counter.env.REDIS_IMAGE!, `${counter.project}/redis:2`);
    const old = counter.env.REDIS_IMAGE!;
    counter.env.REDIS_IMAGE = `${counter.project}/redis:2`;
    const steps = await counter.preview();
    const service = steps.filter(({ urn }) => named("Service", [{ urn }]).length > 0);
    assert.deepEqual(named("Service", service), ["redis@default"]);
    assert.deepEqual(service[0]!.detailedDiff, ["image"]);
    const images = named(
      "Image",
      steps.filter(({ op }) => op === "create"),
    );
    assert.deepEqual(images.sort(), [`${counter.project}/redis:2`, `${counter.project}/redis:2@default`]);
    const lines = (await counter.mustPulumi("preview", "--diff")).split("\n");
    const changed = lines.filter((line) => line.includes("=>")).map((line) => line.trim());
    assert.deepEqual(changed, [`~ image: "${old}" => "${counter.env.REDIS_IMAGE}"`]);
  });

  it("must keep its data when redis is replaced, and replace nothing else", async () => {
    const before = await startTimes();
    await counter.mustPulumi("up", "--yes", "--skip-preview");
    assert.equal(await visit(page), 4);
    // redis is replaced although only the name of its image changed, because the name is part of its configuration.
    assert.deepEqual(await changedSince(before), ["redis"]);
    await counter.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
  });

  it("must leave its volume, and nothing else, after `destroy`", async () => {
    await counter.mustPulumi("destroy", "--yes", "--skip-preview");
    assert.deepEqual(await containersOf(host("a"), counter.project), []);
    assert.deepEqual(await networksLeft(host("a"), counter.project), []);
    assert.deepEqual(await volumesOf(host("a"), counter.project), [`${counter.project}_data`]);
    assert.deepEqual((await counter.state()).deployment.resources ?? [], []);
  });

  it("must continue counting after `destroy` and `up`", async () => {
    await counter.mustPulumi("up", "--yes", "--skip-preview");
    assert.equal(await visit(page), 5);
    await engine(host("a"), "DELETE", `/images/${counter.project}/redis:2?force=1`);
  });

  async function startTimes(): Promise<Map<string, string>> {
    const containers = await containersOf(host("a"), counter.project);
    return new Map(
      containers.map(({ Config, Id, State }) => [serviceIn(Config), `${Id} ${State.StartedAt}`]),
    );
  }

  async function changedSince(before: Map<string, string>): Promise<string[]> {
    const now = await startTimes();
    return [...now].filter(([service, start]) => before.get(service) !== start).map(([service]) => service);
  }
});

function serviceIn({ Labels }: { Labels: Record<string, string> }): string {
  return Labels["com.docker.compose.service"]!;
}
