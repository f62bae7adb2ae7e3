import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { runEveryCommand } from "../../support/cli/every-command.js";
import { checkout } from "../../support/scripts.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

/** K2_UPDATE=1 writes the messages again. Read each one: it must say what is wrong and what to do. */
describe("every command in an empty folder", () => {
  const home = temporaryFolder("nothing");
  const cwd = join(home, "empty");
  mkdirSync(cwd);
  const env = { HOME: home, PATH: "/nowhere", DOCKER_HOST: "unix:///nowhere.sock" };

  for (const [file, before] of [
    ["no-file-no-state.txt", []],
    ["only-a-name.txt", ["-p", "shop"]],
  ] as const)
    it(`must report what is missing: ${["k2-compose", ...before].join(" ")}`, async () => {
      const path = join(checkout, "test/fixtures/cli", file);
      const output = await runEveryCommand([...before], { cwd, env }, (text) =>
        text.replaceAll(cwd, "FOLDER"),
      );
      if (process.env.K2_UPDATE) writeFileSync(path, output);
      assert.equal(output, readFileSync(path, "utf8"));
    });
});
