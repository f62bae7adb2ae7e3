import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync } from "node:fs";
import { delimiter, join } from "node:path";
import { before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { bedMissing } from "../support/bed/bed.js";
import type { ComposeFolder } from "../support/cli/compose-folder.js";
import { containersOf } from "../support/bed/http-engine.js";
import { allGone } from "../support/cli/processes.js";
import { useBed } from "../support/bed/use-bed.js";
import { pulumiBin } from "../support/scripts.js";
import { idle } from "../support/model/idle-service.js";

const file = `services:
  web:
    ${idle}
`;
/** A service that never becomes healthy. */
const waiting = `${file}    healthcheck: { test: [CMD, "false"], start_period: 10m, interval: 1s }\n`;

describe("another version of the Pulumi CLI on PATH", { skip: bedMissing() }, () => {
  const { host, folder } = useBed({ hosts: ["a"] });
  let shop: ComposeFolder;
  const real = () => join(pulumiBin()!, "pulumi");
  before(() => {
    shop = folder("other-pulumi", { env: { DOCKER_HOST: host("a").address } });
    shop.env.PATH = [join(shop.folder, "bin"), shop.env.PATH].join(delimiter);
  });

  it("must start program and handlers itself when it cannot attach to running ones", async () => {
    shop.write("compose.yml", file);
    pulumiIs(refusing("--client"));
    const up = await shop.mustCli("up");
    assert.match(up, /web@default +created/);
    assert.doesNotMatch(up, /error|FAILED|flag/);
    assert.equal((await containersOf(host("a"), shop.project)).length, 1);
    assert.match(await shop.mustCli("up"), /Nothing to do/);
    assert.doesNotMatch(await shop.mustCli("down"), /error|FAILED|flag/);
    assert.deepEqual(await containersOf(host("a"), shop.project), []);
  });

  it("must be named when it lacks a required feature", async () => {
    pulumiIs(refusing("--continue-on-error"));
    const { code, stderr } = await shop.cli("up");
    assert.equal(code, 1, stderr);
    assert.match(stderr, /pulumi: unknown flag: --continue-on-error\n.*tested with 3\./);
  });

  it("must end at Ctrl-C when it is a wrapper script, like npm's, that ignores signals", async () => {
    shop.write("compose.yml", waiting);
    pulumiIs(`#!${process.execPath}
const { spawn } = require("node:child_process");
spawn(${JSON.stringify(real())}, process.argv.slice(2), { stdio: "inherit" })
  .on("exit", (code) => process.exit(code ?? 1));
`);
    const [program, ...args] = shop.launcher;
    const child = spawn(program!, [...args, "up"], { cwd: shop.folder, env: shop.env });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    while (child.exitCode === null && !(await isRunning())) await sleep(50);
    child.kill("SIGINT");
    assert.equal(await ended, 130, stderr);
    assert.doesNotMatch(stderr, /error/, "an interrupted creation needs no rollback");
    await allGone(shop.folder);
    shop.write("compose.yml", file);
    await shop.mustCli("up");
    assert.match(await shop.mustCli("up"), /Nothing to do/);
    await shop.mustCli("down");
  });

  async function isRunning(): Promise<boolean> {
    const found = await containersOf(host("a"), shop.project).catch(() => []);
    return found.some(({ State }) => State.Status === "running");
  }

  function refusing(flag: string): string {
    return `#!/bin/sh
for argument; do
  case $argument in ${flag}*) echo "error: unknown flag: ${flag}" >&2; exit 255 ;; esac
done
exec ${real()} "$@"
`;
  }

  function pulumiIs(script: string): void {
    shop.write("bin/pulumi", script);
    chmodSync(join(shop.folder, "bin/pulumi"), 0o755);
  }
});
