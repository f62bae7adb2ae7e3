import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { bedMissing, startBed } from "../../support/bed/bed.js";
import { command } from "../../support/cli/command.js";
import { checkout } from "../../support/scripts.js";

describe("the CLI and an unreachable host", { skip: bedMissing() }, () => {
  it("must show a row for it, with a hint, soon after the other hosts have answered", async () => {
    const bed = await startBed({ hosts: ["a", "away"] });
    const folder = mkdtempSync(join(tmpdir(), "k2-cli-"));
    const hosts = `hosts: {a: "${bed.hosts.a!.address}", away: "${bed.hosts.away!.address}"}`;
    writeFileSync(
      join(folder, "k2-compose.yml"),
      `name: away\n${hosts}\nservices:\n  x: {image: i, host: a}\n  y: {image: i, host: away}\n`,
    );
    await bed.hosts.away!.disconnect();
    try {
      const options = { cwd: folder, env: { PATH: process.env.PATH, HOME: folder } };
      const { stdout, stderr, code } = await command(
        process.execPath,
        [join(checkout, "bin/k2-compose.js"), "ps"],
        options,
      );
      assert.match(stdout, /x .*undeployed/);
      assert.match(stdout, /y .*unreachable/);
      assert.match(stderr, /away: no answer from the engine .*the other hosts have answered\)\n.*dockerd/);
      assert.equal(code, 4);
    } finally {
      await bed.hosts.away!.reconnect();
      await bed.close();
    }
  });
});
