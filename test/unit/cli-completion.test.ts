import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { scripts } from "../../cli/completion/scripts.js";
import { cli } from "../support/cli-run.js";

describe("completion", () => {
  const folder = mkdtempSync(join(tmpdir(), "k2-complete-"));
  writeFileSync(
    join(folder, "k2-compose.yml"),
    'hosts: {far: "far:2375"}\nservices: {web: {image: x}, worker: {image: x, host: far}}\n',
  );
  const after = async (...words: string[]) => {
    const { stdout } = await cli(["completion", "--words", "--", ...words], {
      cwd: folder,
      env: { HOME: folder },
    });
    return stdout.split("\n").filter(Boolean);
  };

  it("must offer commands, options, services, hosts and choices", async () => {
    assert.deepEqual(await after("resta"), ["restart"]);
    assert.deepEqual(await after("logs", "--fo"), ["--follow"]);
    assert.deepEqual(await after("logs", "w"), ["web", "worker"]);
    assert.deepEqual(await after("forget-host", "f"), ["far"]);
    assert.deepEqual(await after("-f", "k2-compose.yml", "show", "--format", "s"), ["svg"]);
  });

  it("must be quiet where the file is wrong", async () => {
    assert.deepEqual(await after("-f", "missing.yml", "logs", ""), []);
  });

  it("must be a script that bash can read", () => {
    execFileSync("bash", ["-n"], { input: scripts.bash });
  });
});
