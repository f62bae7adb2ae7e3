import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { PassThrough } from "node:stream";
import { after, before, describe, it } from "node:test";
import { Context } from "../../../cli/application/context.js";
import type { AttachOptions } from "../../../cli/up/attach-options.js";
import { attachToDeployed } from "../../../cli/up/attach-to-deployed.js";
import type { ComputedChanges } from "../../../cli/changes/compute-changes.js";
import { type Bed, bedMissing, startBed } from "../../support/bed/bed.js";
import { composeMissing, dockerCompose } from "../../support/docker-compose/docker-compose.js";
import { removeProject } from "../../support/bed/http-engine.js";

/** No other test uses the first engine, because this test kills it. */
const [first, second] = ["fa", "b"];

describe(
  "containers that are followed to their end",
  { skip: bedMissing() ?? composeMissing() ?? false },
  () => {
    const folder = mkdtempSync(join(tmpdir(), "k2attached"));
    const project = basename(folder).toLowerCase();
    const contexts: Context[] = [];
    let bed: Bed;
    before(async () => {
      bed = await startBed({ hosts: [first, second] });
      writeFileSync(join(folder, "compose.yml"), composeFile(project, bed));
    });
    after(async () => {
      for (const context of contexts) await context.close();
      for (const host of Object.values(bed?.hosts ?? {})) await removeProject(host, project);
      await bed?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    const started = async (host: string, ...services: string[]) => {
      const { code, stderr } = await dockerCompose(bed.hosts[host]!, ["up", "-d", "-t", "0", ...services], {
        cwd: folder,
      });
      assert.equal(code, 0, stderr);
    };
    /** Lets a container of the second host continue, which waits for this file. */
    const release = async (service: string) => {
      const args = ["exec", "-T", service, "touch", "/go"];
      const { code, stderr } = await dockerCompose(bed.hosts[second]!, args, { cwd: folder });
      assert.equal(code, 0, stderr);
    };
    /** Follows containers as `up` does after a deployment that has created all of them. */
    const follow = (names: string[], options: AttachOptions) => {
      const [stdout, stderr] = [new Printed(), new Printed()];
      const stdin = new PassThrough() as unknown as NodeJS.ReadStream;
      const world = { env: { HOME: folder }, cwd: folder, stdin, stdout, stderr };
      const interrupts = { signal: new AbortController().signal, handle: () => () => undefined, stop() {} };
      const context = new Context(world, {} as Context["options"], interrupts);
      contexts.push(context);
      const seen = { snapshots: new Map(), changes: [] } as unknown as ComputedChanges;
      return { code: attachToDeployed(context, seen, names, options, Date.now()), stdout, stderr };
    };

    it("must be followed from run to run, each line once, until they are not started again", async () => {
      await started(second, "flaps");
      const { code, stdout, stderr } = follow(["flaps"], { attach: true });
      await stdout.until(/^flaps_1 +\| run 1$/m);
      await release("flaps");
      assert.equal(await code, 0, stderr.text);
      assert.deepEqual(
        stdout.text.match(/^flaps_1 {2}\| .*$/gm),
        [1, 2, 3].map((run) => `flaps_1  | run ${run}`),
      );
      const exits = stderr.text.match(/flaps-1 exited .*$/gm) ?? [];
      assert.equal(exits.at(-1), "flaps-1 exited with code 2");
      assert.deepEqual(new Set(exits.slice(0, -1)), new Set(["flaps-1 exited with code 2 (restarting)"]));
    });

    it("must all end with the first one, with the exit code of the named service", async () => {
      await started(second, "brief", "ends");
      const { code, stdout, stderr } = follow(["ends"], { exitCodeFrom: "ends" });
      await stdout.until(/^ends_1 +\| first$/m);
      await release("ends");
      assert.equal(await code, 4, stderr.text);
      assert.match(stdout.text, /^ends_1 {2}\| last$/m);
      assert.match(stderr.text, /ends-1 exited with code 4\nAborting on container exit/);
    });

    it("must be waited for even if their output is hidden", async () => {
      await started(second, "brief", "ends");
      const { code, stdout, stderr } = follow(["brief", "ends"], { attach: true, noAttach: ["ends"] });
      await stdout.until(/^brief_1 +\| done$/m);
      await release("ends");
      assert.equal(await code, 0, stderr.text);
      assert.match(stdout.text, /^brief_1 {2}\| done$/m);
      assert.doesNotMatch(stdout.text + stderr.text, /ends_1|ends-1/);
      assert.match(stderr.text, /brief-1 exited with code 0\n/);
    });

    it("must be followed on one host when the other one fails, and end with an error", async () => {
      await started(first, "web");
      await started(second, "ends");
      const { code, stdout, stderr } = follow(["web", "ends"], { attach: true });
      await stdout.until(/^web_1@fa +\| tick$/m);
      await bed.hosts[first]!.kill();
      try {
        await release("ends");
        assert.notEqual(await code, 0, stderr.text);
        assert.match(stderr.text, /error: fa: /);
        assert.match(stderr.text, /ends-1 exited with code 4\n/);
      } finally {
        await bed.hosts[first]!.restart();
      }
    });
  },
);

class Printed extends PassThrough {
  text = "";

  override write(chunk: unknown): boolean {
    this.text += String(chunk);
    this.emit("printed");
    return true;
  }

  async until(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.text)) await new Promise((resolve) => this.once("printed", resolve));
  }
}

function composeFile(project: string, { hosts }: Bed): string {
  const service = (host: string, command: string, more: object = {}) => ({
    ...{ image: "k2-test/busybox:1", command: ["sh", "-c", command], stop_signal: "SIGKILL", "x-host": host },
    ...more,
  });
  return JSON.stringify({
    name: project,
    "x-hosts": { [first]: hosts[first]!.address, [second]: hosts[second]!.address },
    services: {
      web: service(first, "while true; do echo tick; sleep 0.3; done"),
      ends: service(second, "rm -f /go; echo first; until [ -e /go ]; do sleep 0.1; done; echo last; exit 4"),
      brief: service(second, "echo done"),
      flaps: service(
        second,
        "echo x >> /runs; echo run $$(wc -l < /runs); until [ -e /go ]; do sleep 0.1; done; exit 2",
        {
          restart: "on-failure:2",
        },
      ),
    },
  });
}
