import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { containersOf } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";
import type { ComposeFolder } from "../../support/cli/compose-folder.js";
import { idle } from "../../support/model/idle-service.js";

describe("a service that leaves the plan", { skip: bedMissing() }, () => {
  const { host, folder } = useBed({ hosts: ["a", "b"] });
  let shop: ComposeFolder;
  const file = (value: string) => `services:
  web: { ${inline}, scale: 2, x-host: [a, b] }
  lb: { ${inline}, x-host: a, x-s_depends_on: [web], environment: { VALUE: "${value}" } }
  debug: { ${inline}, x-host: b, profiles: [debug] }
x-hosts: { a: "${host("a").address}", b: "${host("b").address}" }
`;
  before(async () => {
    shop = folder("leaving", { files: { "compose.yml": file("1") } });
    await shop.mustCli("--profile", "debug", "up");
  });

  it("must stay if only its profile is disabled, as in docker compose", async () => {
    assert.match(await shop.mustCli("up"), /Nothing to do/);
    shop.write("compose.yml", file("2"));
    await shop.mustCli("up");
    assert.deepEqual(await names(), ["debug-1@b", "lb-1@a", "web-1@a", "web-1@b"]);
  });

  it("must be removed by `scale`, and leave its dependents as they are", async () => {
    const lb = await idOfLb();
    const output = await shop.mustCli("scale", "web=1");
    assert.doesNotMatch(output, /run `k2-compose up` without names/);
    assert.equal((await names()).filter((name) => name.startsWith("web")).length, 1);
    assert.equal(await idOfLb(), lb);
    await shop.mustCli("scale", "web=2");
    assert.match(await shop.mustCli("up"), /Nothing to do/);
  });

  async function names(): Promise<string[]> {
    const lists = await Promise.all(
      ["a", "b"].map(async (name) =>
        (await containersOf(host(name), shop.project)).map(
          ({ Name, State }) =>
            `${Name.replace(/^.*-(\w+-\d+)$/, "$1")}@${name}${State.Status === "running" ? "" : " stopped"}`,
        ),
      ),
    );
    return lists.flat().sort();
  }

  async function idOfLb(): Promise<string> {
    const all = await containersOf(host("a"), shop.project);
    return all.find(({ Name }) => Name.includes("-lb-"))!.Id;
  }
});

const inline = idle
  .split("\n")
  .map((line) => line.trim())
  .join(", ");
