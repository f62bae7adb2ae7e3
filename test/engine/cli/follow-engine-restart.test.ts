import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { type Bed, bedMissing, startBed } from "../../support/bed/bed.js";
import { enginePid } from "../../support/bed/bed-engine.js";
import { CliChild } from "../../support/cli/cli-child.js";
import { composeMissing, dockerCompose } from "../../support/docker-compose/docker-compose.js";
import { removeProject } from "../../support/bed/http-engine.js";
import { checkout } from "../../support/scripts.js";
import { Terminal } from "../../support/cli/terminal.js";

/** No other test uses the first engine, because this test kills and stops it. */
const [first, second] = ["fo", "b"];

describe(
  "commands that follow, while an engine is unreachable",
  { skip: bedMissing() ?? composeMissing() ?? false },
  () => {
    const folder = mkdtempSync(join(tmpdir(), "k2follow"));
    const project = basename(folder).toLowerCase();
    const env = { PATH: process.env.PATH, HOME: folder };
    let bed: Bed;
    let logs: Follower;
    let events: Follower;
    let stats: Terminal;

    before(async () => {
      bed = await startBed({ hosts: [first, second] });
      writeFileSync(join(folder, "compose.yml"), composeFile(project, bed));
      for (const [host, service] of [
        [first, "web"],
        [second, "other"],
      ] as const) {
        const { code, stderr } = await dockerCompose(bed.hosts[host]!, ["up", "-d", service], {
          cwd: folder,
        });
        assert.equal(code, 0, stderr);
      }
      logs = new Follower(folder, ["logs", "-f", "--tail", "1", "*"]);
      events = new Follower(folder, ["events"]);
      const k2 = join(checkout, "bin/k2-compose.js");
      stats = new Terminal(`${process.execPath} ${k2} stats`, {
        cwd: folder,
        env: { ...env, TERM: "xterm" },
      });
    });
    after(async () => {
      await logs?.close();
      await events?.close();
      for (const host of Object.values(bed?.hosts ?? {})) await removeProject(host, project);
      await bed?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    const isThere = async () => {
      await logs.until(/web_1@fo +\| (run \d+) line/);
      await logs.until(/other_1@b +\| run \d+ line/);
      await stats.until(/web-1.*\d\.\d\d%/);
      await stats.until(/other-1.*\d\.\d\d%/);
    };

    it("must show both hosts", isThere);

    for (const [how, end] of [
      ["killed", () => bed.hosts[first]!.kill()],
      ["stopped", stopped],
    ] as const)
      it(`must continue with the other host when an engine is ${how}, and with all when it answers again`, async () => {
        const [, run] = await logs.until(/web_1@fo +\| run (\d+) line/);
        await end();
        await logs.untilMessage(/fo: no answer from the engine .*waiting for the engine/);
        await logs.until(/other_1@b +\| run \d+ line/);
        await stats.until(/web-1[^\n]*--/);
        await bed.hosts[first]!.restart();
        await logs.untilMessage(/fo: the engine answers again/);
        await events.untilMessage(/fo: the engine answers again/);
        const [, next] = await logs.until(/web_1@fo +\| run (\d+) line 1\n/);
        assert.notEqual(next, run, "the log must start at the first line of the next run");
        await stats.until(/web-1.*\d\.\d\d%/);
      });

    it("must report later events", async () => {
      const up = ["up", "-d", "--force-recreate", "-t", "0", "web"];
      assert.equal((await dockerCompose(bed.hosts[first]!, up, { cwd: folder })).code, 0);
      await events.until(/fo container destroy web/);
      await events.until(/fo container start web/);
    });

    it("must end at --until, even if the containers keep running", async () => {
      for (const seconds of [-1, 3]) {
        const until = new Date(Date.now() + seconds * 1000).toISOString();
        const some = new CliChild(folder, ["logs", "-f", "--tail", "1", "--until", until, "*"]);
        try {
          assert.equal(await within(120_000, some.ended), 0);
        } finally {
          await some.close();
        }
      }
    });

    it("must end by Ctrl-C", async () => {
      assert.equal(await logs.interrupt(), 130);
      assert.equal(await events.interrupt(), 130);
      stats.type("\x03");
      assert.equal(await stats.end(), 130);
    });
  },
);

function within<T>(milliseconds: number, work: Promise<T>): Promise<T | "not yet"> {
  return Promise.race([work, setTimeout(milliseconds, "not yet" as const, { ref: false })]);
}

/** Stops the engine as `systemctl stop docker` does. */
async function stopped(): Promise<void> {
  process.kill(enginePid(first)!, "SIGTERM");
  for (let attempt = 0; attempt < 600 && enginePid(first) !== undefined; attempt++) await setTimeout(100);
}

class Follower extends CliChild {
  /** Waits for data. The next call ignores everything up to the match. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    return this.take("stdout", pattern);
  }

  /** The same for messages on standard error, whose order relative to the data is not defined. */
  async untilMessage(pattern: RegExp): Promise<RegExpExecArray> {
    return this.take("stderr", pattern);
  }

  private async take(stream: "stdout" | "stderr", pattern: RegExp): Promise<RegExpExecArray> {
    const found = await this.waitFor(() => pattern.exec(this.printed[stream]), pattern.toString());
    // Data that arrived later follows the match.
    this.printed[stream] = this.printed[stream].slice(found.index + found[0].length);
    return found;
  }
}

/** Each run of a container has its own number and counts its lines from 1. */
function composeFile(project: string, { hosts }: Bed): string {
  const command = "run=$$(date +%s); n=0; while :; do n=$$((n+1)); echo run $$run line $$n; sleep 0.3; done";
  const service = (host: string) => ({
    ...{ image: "k2-test/busybox:1", command: ["sh", "-c", command], stop_signal: "SIGKILL" },
    ...{ restart: "always", "x-host": host },
  });
  return JSON.stringify({
    name: project,
    "x-hosts": { [first]: hosts[first]!.address, [second]: hosts[second]!.address },
    services: { web: service(first), other: service(second) },
  });
}
