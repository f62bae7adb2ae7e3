import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import type { ComposeFolder } from "../../support/cli/compose-folder.js";
import { containersOf, volumesOf } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";
import { checkout } from "../../support/scripts.js";

const page = readFileSync(join(checkout, "docs/up.md"), "utf8");
const block = /^```sh\n([\s\S]*?)^```$/m.exec(page)![1]!;
/** The page's commands without their comments. */
const commands = block
  .trim()
  .split("\n")
  .map((line) => line.replace(/ +#.*/, "").split(" ").slice(1));

const compose = `services:
  web: &sleeper
    image: k2-test/busybox:1
    command: sleep 3600
    stop_signal: SIGKILL
    depends_on: [db]
  db:
    <<: *sleeper
    depends_on: []
    volumes: [data:/data]
volumes:
  data:
`;

describe("docs/up.md", { skip: bedMissing() }, () => {
  const { host, folder } = useBed({ hosts: ["a"] });
  let shop: ComposeFolder;
  before(() => {
    shop = folder("docs", { files: { "compose.yml": compose }, env: { DOCKER_HOST: host("a").address } });
  });

  it("must show commands that do what their comments say", async () => {
    const seen: Record<string, string> = {};
    for (const args of commands) {
      const output = await shop.mustCli(...args);
      const names = (await containersOf(host("a"), shop.project)).map(({ Name }) =>
        Name.slice(shop.project.length + 1),
      );
      const volumes = (await volumesOf(host("a"), shop.project)).length;
      const idle = output.includes("Nothing to do") ? ", nothing to do" : "";
      seen[`${Object.keys(seen).length} ${args.join(" ")}`] = `${names.join(" ")}, ${volumes} volumes${idle}`;
    }
    assert.deepEqual(seen, {
      "0 preview": ", 0 volumes",
      "1 up": "db-1 web-1, 1 volumes",
      "2 up": "db-1 web-1, 1 volumes, nothing to do",
      "3 up --scale web=2 web": "db-1 web-1 web-2, 1 volumes",
      "4 rollback": "db-1 web-1, 1 volumes",
      "5 refresh": "db-1 web-1, 1 volumes",
      "6 down": ", 1 volumes",
      "7 down -v": ", 0 volumes",
    });
  });

  it("must explain every symbol that a preview prints", () => {
    for (const mark of ["+", "=", "~", "!", "-", "?"]) assert.ok(page.includes(`| \`${mark}\` |`), mark);
  });
});
