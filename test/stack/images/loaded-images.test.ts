import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bedMissing, modernMissing } from "../../support/bed/bed.js";
import { useBed } from "../../support/bed/use-bed.js";

describe(
  "an image loaded into engines with both image stores",
  { skip: bedMissing() ?? modernMissing() },
  () => {
    const { host, folder } = useBed({ hosts: ["a"], modern: ["m"] });

    it("must be used unchanged, although one engine has a digest that is in no registry", async () => {
      const hosts = JSON.stringify({ a: host("a").address, m: host("m").address });
      const service = (on: string) => `{ image: "k2-test/busybox:1", host: ${on}, scale: 0 }`;
      const files = {
        "compose.yml": `hosts: ${hosts}\nservices:\n  one: ${service("a")}\n  two: ${service("m")}\n`,
      };
      const shop = folder("loaded", { files });
      await shop.mustCli("up", "-y");
      assert.match((await shop.cli("up", "-y")).stderr, /Nothing to do/);
    });
  },
);
