import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Bed, bedMissing, startBed } from "../../support/bed/bed.js";
import { type BedRegistry, registryUser, startRegistry } from "../../support/bed/registry.js";
import { engine } from "../../support/bed/http-engine.js";
import { engineRequest } from "../../support/scripts.js";

describe("the test bed's registry", { skip: bedMissing() ?? Boolean(process.env.K2_TEST_HOSTS) }, () => {
  let bed: Bed;
  let open: BedRegistry;
  let closed: BedRegistry;

  before(async () => {
    bed = await startBed();
    [open, closed] = await Promise.all([startRegistry(), startRegistry({ credentials: true })]);
  });
  after(async () => {
    await Promise.all([open.close(), closed.close()]);
    await bed.close();
  });

  test("an image that one host pushes must be pulled by another", async () => {
    assert.equal(await push("a", open, {}), undefined);
    await engine(bed.hosts.b!, "POST", `/images/create?fromImage=${open.address}/busybox&tag=1`);
    await engine(bed.hosts.b!, "DELETE", `/images/${open.address}/busybox:1`);
  });

  test("a registry with credentials must refuse clients without", async () => {
    assert.match((await push("a", closed, {})) ?? "", /no basic auth credentials/);
    assert.equal(await push("a", closed, registryUser), undefined);
  });

  /** Returns the reason if the push failed. */
  async function push(name: string, registry: BedRegistry, user: object): Promise<string | undefined> {
    const host = bed.hosts[name]!;
    await engine(host, "POST", `/images/k2-test/busybox:1/tag?repo=${registry.address}/busybox&tag=1`);
    // The engine expects URL-safe base64 with padding; Node's base64url has none.
    const credentials = Buffer.from(JSON.stringify(user))
      .toString("base64")
      .replace(/\+/g, "-")
      .replace(/\//g, "_");
    const headers = { "X-Registry-Auth": credentials };
    const path = `/images/${registry.address}/busybox/push?tag=1`;
    const { text } = await engineRequest({ address: host.socket }, "POST", path, { headers });
    await engine(host, "DELETE", `/images/${registry.address}/busybox:1`);
    return /"error":"([^"]*)"/.exec(text)?.[1];
  }
});
