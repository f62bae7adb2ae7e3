import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { bedMissing, startBed } from "../../support/bed/bed.js";
import { runEveryCommand } from "../../support/cli/every-command.js";
import { checkout } from "../../support/scripts.js";

describe("every command with a project's name that the engine does not know", { skip: bedMissing() }, () => {
  it("must report that, or have nothing to do", async () => {
    const bed = await startBed({ hosts: ["a"] });
    const { address } = bed.hosts.a!;
    const cwd = mkdtempSync(join(tmpdir(), "k2-unknown-"));
    const env = { HOME: cwd, PATH: "/nowhere", DOCKER_HOST: address };
    const path = join(checkout, "test/fixtures/cli/unknown-name.txt");
    try {
      const shown = (text: string) => text.replaceAll(cwd, "FOLDER").replaceAll(address, "ENGINE");
      const output = await runEveryCommand(["-p", "nobody"], { cwd, env }, shown);
      if (process.env.K2_UPDATE) writeFileSync(path, output);
      assert.equal(output, readFileSync(path, "utf8"));
    } finally {
      await bed.close();
    }
  });
});
