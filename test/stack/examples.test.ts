import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { bedMissing, startBed } from "../support/bed.js";
import type { Bed, BedHost } from "../support/bed.js";
import { containersOf, removeProject, volumesOf } from "../support/http-engine.js";
import { checkout } from "../support/scripts.js";
import { createWorkspace } from "../support/workspace.js";
import type { Workspace } from "../support/workspace.js";

describe("the counter example", { skip: bedMissing() }, () => {
  let bed: Bed;
  let a: BedHost;
  let counter: Workspace;

  before(async () => {
    bed = await startBed({ hosts: ["a"] });
    a = bed.hosts.a!;
    counter = await createWorkspace("counter", {
      from: join(checkout, "examples/counter"),
      env: { DOCKER_HOST: a.address },
    });
  });
  after(async () => {
    await counter.close();
    await removeProject(a, counter.project);
    await bed.close();
  });

  test("the count must grow with each visit", async () => {
    await counter.mustPulumi("up", "--yes", "--skip-preview");
    assert.deepEqual([await visit(a, counter), await visit(a, counter)], [1, 2]);
  });

  test("a second up must change nothing", async () => {
    const before = await idsOf(a, counter);
    await counter.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
    assert.deepEqual(await idsOf(a, counter), before);
    assert.equal(await visit(a, counter), 3);
  });

  test("a changed app must be replaced alone, and the count go on", async () => {
    const before = await idsOf(a, counter);
    counter.env.GREETING = "Good evening";
    await counter.mustPulumi("up", "--yes", "--skip-preview");
    const after = await idsOf(a, counter);
    const changed = Object.keys(after).filter((name) => after[name] !== before[name]);
    assert.deepEqual(changed, [`${counter.project}-web-1`]);
    assert.equal(await visit(a, counter), 4);
  });

  test("the count must survive down and up", async () => {
    await counter.mustPulumi("destroy", "--yes", "--skip-preview");
    assert.deepEqual(await containersOf(a, counter.project), []);
    assert.deepEqual(await volumesOf(a, counter.project), [`${counter.project}_data`]);
    await counter.mustPulumi("up", "--yes", "--skip-preview");
    assert.equal(await visit(a, counter), 5);
  });
});

describe("the counter on two hosts", { skip: bedMissing() }, () => {
  let bed: Bed;
  let counter: Workspace;

  before(async () => {
    bed = await startBed({ hosts: ["a", "b"] });
    const { a, b } = bed.hosts as { a: BedHost; b: BedHost };
    const env = { FRONT: a.address, FRONT_IP: a.ip, BACK: b.address, BACK_IP: b.ip };
    counter = await createWorkspace("two", { from: join(checkout, "examples/counter-two-hosts"), env });
  });
  after(async () => {
    await counter.close();
    for (const host of Object.values(bed.hosts)) await removeProject(host, counter.project);
    await bed.close();
  });

  test("each service must run on its host, and the front reach the back", async () => {
    await counter.mustPulumi("up", "--yes", "--skip-preview");
    const where = await Promise.all([bed.hosts.a!, bed.hosts.b!].map((host) => idsOf(host, counter)));
    const names = where.map((containers) => Object.keys(containers).map((name) => name.split("-").at(-2)));
    assert.deepEqual(names, [["nginx"], ["redis", "web"]]);
    assert.deepEqual([await visit(bed.hosts.a!, counter), await visit(bed.hosts.a!, counter)], [1, 2]);
  });

  test("neither up nor refresh must find anything to do afterwards", async () => {
    await counter.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
    await counter.mustPulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes");
    assert.deepEqual(await counter.preview(), []);
  });

  test("the count must survive down and up", async () => {
    await counter.mustPulumi("destroy", "--yes", "--skip-preview");
    await counter.mustPulumi("up", "--yes", "--skip-preview");
    assert.equal(await visit(bed.hosts.a!, counter), 3);
  });
});

/** Looks at the page, and returns the number on it. */
async function visit({ ip }: BedHost, { env }: Workspace): Promise<number> {
  const text = await (await fetch(`http://${ip}:${env.PORT}/`)).text();
  return Number(/seen (\d+) times/.exec(text)?.[1] ?? Number.NaN);
}

async function idsOf(host: BedHost, { project }: Workspace): Promise<Record<string, string>> {
  return Object.fromEntries((await containersOf(host, project)).map(({ Name, Id }) => [Name, Id]));
}
