import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { closeAll, connect } from "../../support/engines.js";
import { push } from "../../../provider/engine/images/push.js";
import { bedMissing } from "../../support/bed/bed.js";
import { type BedRegistry, startRegistry } from "../../support/bed/registry.js";
import { containersOf, engine } from "../../support/bed/http-engine.js";
import { retag, useBed } from "../../support/bed/use-bed.js";
import type { Workspace } from "../../support/cli/workspace.js";

describe("an image of two services that can be built and is in a registry", { skip: bedMissing() }, () => {
  const { host, workspace, cleanUp } = useBed({ hosts: ["a", "b"] });
  let registry: BedRegistry;
  let image: string;
  let shop: Workspace;
  before(async () => {
    registry = await startRegistry();
    image = `${registry.address}/web:1`;
    await retag(host("a"), "k2-test/busybox:2", image);
    await push(connect({ name: "a", address: host("a").address }), image);
    await closeAll();
    await engine(host("a"), "DELETE", `/images/${image}`);
    shop = await workspace("instead", {
      files: {
        // The service with build is the second one, and runs on another host.
        "compose.yml": `hosts: {a: "${host("a").address}", b: "${host("b").address}"}
services:
  api: {image: "${image}", host: a, command: sleep 3600, stop_signal: SIGKILL}
  web: {image: "${image}", host: b, command: sleep 3600, stop_signal: SIGKILL, build: ./web}
`,
        "web/Dockerfile": "FROM k2-test/busybox:1\nCOPY page /page\n",
        "web/page": "one",
      },
    });
  });
  cleanUp(async () => {
    for (const name of ["a", "b"])
      await engine(host(name), "DELETE", `/images/${image}?force=1`).catch(() => undefined);
    await registry.close();
  });
  const up = () => shop.mustPulumi("up", "--yes", "--skip-preview");
  const running = async () => {
    const all = await Promise.all(["a", "b"].map((name) => containersOf(host(name), shop.project)));
    return all.flat().map(({ Image, Config }) => `${Config.Labels["version"]} ${Image}`);
  };

  it("must be pulled at the first deployment, on both hosts, and kept at the next", async () => {
    await up();
    const [api, web] = await running();
    assert.match(api!, /^2 /);
    assert.equal(api, web);
    assert.deepEqual(await shop.preview(), []);
    await shop.mustPulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes");
  });

  it("must be built when its build context changes, by the service with build, and run by both", async () => {
    const [before] = await running();
    shop.write("web/page", "two");
    const [changed] = (await shop.preview()).filter(({ urn }) => urn.endsWith(image));
    assert.deepEqual(changed?.detailedDiff, ["build.files.page"]);
    await up();
    const [api, web] = await running();
    assert.match(api!, /^1 /);
    assert.equal(api, web);
    assert.notEqual(api, before);
    assert.deepEqual(await shop.preview(), []);
    await shop.mustPulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes");
  });
});
