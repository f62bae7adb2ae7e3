import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { startRegistry } from "../../support/bed/registry.js";
import { engine } from "../../support/bed/http-engine.js";
import { named, retag, useBed } from "../../support/bed/use-bed.js";

describe("k2-compose:saveSuffix", { skip: bedMissing() }, () => {
  const { host, workspace } = useBed({ hosts: ["a"] });

  it("must tag and push an image once its service is healthy, and again when the image changes", async () => {
    const registry = await startRegistry();
    try {
      const image = `${registry.address}/shop/web:1`;
      await retag(host("a"), "k2-test/busybox:1", image);
      const shop = await workspace("image-tag", {
        files: {
          "compose.yml": `services:\n  web:\n    image: ${image}\n    command: sleep 3600\n    stop_signal: SIGKILL\n    health_check: {shell: "exit 0"}\n`,
        },
        env: { DOCKER_HOST: host("a").address },
      });
      await shop.mustPulumi("config", "set", "k2-compose:saveSuffix", ".ok");
      await shop.mustPulumi("up", "--yes", "--skip-preview");
      const saved = (await shop.state()).deployment.resources!.find(({ type }) =>
        type.endsWith("k2:ImageTag"),
      )!;
      assert.match(String(saved.outputs!.digest), /^sha256:[0-9a-f]{64}$/);
      assert.equal(await pushed(registry.address), saved.outputs!.digest);
      assert.deepEqual(await shop.preview(), []);

      await retag(host("a"), "k2-test/busybox:2", image);
      assert.deepEqual(named("ImageTag", await shop.preview()), [`${image}.ok`]);
      await shop.mustPulumi("up", "--yes", "--skip-preview");
      assert.notEqual(await pushed(registry.address), saved.outputs!.digest);
    } finally {
      await registry.close();
    }
  });

  /** Asks the registry, through the engine, for the digest of the tag. */
  async function pushed(address: string): Promise<string> {
    const { Descriptor } = await engine<{ Descriptor: { digest: string } }>(
      host("a"),
      "GET",
      `/distribution/${address}/shop/web:1.ok/json`,
    );
    return Descriptor.digest;
  }
});
