/** The work of each command on an application of ten services, as counts. A count that grows makes the command slower. */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, watch, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createComposeFolder, type ComposeFolder } from "../../support/cli/compose-folder.js";
import { FakeEngine } from "../../support/fake-engine/fake-engine.js";
import { pulumiBin } from "../../support/scripts.js";

interface Counts {
  /** Commands of Pulumi that were started. */
  pulumi: string;
  /** Computed plans. */
  plans: number;
  /** Calls to the engine, without those that watch whether a container runs. */
  calls: number;
  /** Writes of the stack's state. */
  writes: number;
}

const services = Array.from({ length: 10 }, (_, at) => `s${at}`);
const file = (value: string) =>
  `services:\n${services
    .map((name) => `  ${name}: {image: "fake/app:1", environment: {VALUE: "${name === "s9" ? value : 1}"}}\n`)
    .join("")}`;

const skip = pulumiBin() === undefined ? "SKIPPED: no Pulumi CLI" : false;

describe("the work of a command", { skip }, () => {
  let engine: FakeEngine;
  let place: ComposeFolder;
  const stacks = () => join(place.home, ".k2-compose/state/.pulumi/stacks/k2-compose");
  const started = () => join(place.home, "pulumi-commands");
  const coverage = () => join(place.home, "coverage");

  before(async () => {
    engine = await FakeEngine.start();
    engine.contents.addImage("fake/app:1");
    place = createComposeFolder("counts", {
      files: { "compose.yml": file("1") },
      env: { DOCKER_HOST: engine.address },
    });
    const bin = join(place.home, "bin");
    for (const folder of [bin, stacks()]) mkdirSync(folder, { recursive: true });
    const script = `#!/bin/sh\necho "$1" >> "${started()}"\nexec "${join(pulumiBin()!, "pulumi")}" "$@"\n`;
    writeFileSync(join(bin, "pulumi"), script, { mode: 0o755 });
    place.env.PATH = [bin, place.env.PATH].join(delimiter);
    place.env.NODE_V8_COVERAGE = coverage();
  });
  after(async () => {
    await engine.close();
    await place.close();
  });

  it("must not grow", async () => {
    const found: Record<string, Counts> = {};
    const count = async (name: string, ...args: string[]) => (found[name] = await counted(args));
    await count("preview, new", "preview");
    await count("up", "up", "-y");
    await count("up, unchanged", "up", "-y");
    await count("ps", "ps");
    place.write("compose.yml", file("2"));
    await count("preview, one changed", "preview");
    await count("up, one changed", "up", "-y");
    const kilobytes = Math.ceil(statSync(join(stacks(), `${place.project}.json`)).size / 1024);
    await count("down", "down", "-y");
    assert.deepEqual(found, {
      "preview, new": { pulumi: "", plans: 1, calls: 6, writes: 0 },
      // Creating the stack writes a state, too.
      up: { pulumi: "stack, up", plans: 1, calls: 59, writes: 3 },
      "up, unchanged": { pulumi: "", plans: 1, calls: 6, writes: 0 },
      ps: { pulumi: "", plans: 0, calls: 6, writes: 0 },
      "preview, one changed": { pulumi: "", plans: 1, calls: 6, writes: 0 },
      "up, one changed": { pulumi: "up", plans: 1, calls: 23, writes: 1 },
      down: { pulumi: "destroy", plans: 0, calls: 32, writes: 1 },
    });
    assert.ok(kilobytes <= 44, `${kilobytes} KiB of state`);
  });

  async function counted(args: string[]): Promise<Counts> {
    rmSync(coverage(), { recursive: true, force: true });
    writeFileSync(started(), "");
    const before = engine.requests.length;
    let writes = 0;
    const watcher = watch(stacks(), (event, name) => {
      if (event === "rename" && name === `${place.project}.json`) writes++;
    });
    await place.mustCli(...args);
    watcher.close();
    const pulumi = readFileSync(started(), "utf8").split("\n").filter(Boolean).join(", ");
    const calls = engine
      .calls()
      .slice(before)
      .filter((call) => !/^GET .containers.\w{64}.json$/.test(call));
    return { pulumi, plans: plansComputed(), calls: calls.length, writes };
  }

  /** Node.js counts calls of functions. The program's process does not load the function: test/unit/runtime/loaded-files.test.ts. */
  function plansComputed(): number {
    return readdirSync(coverage())
      .flatMap((name) => (JSON.parse(readFileSync(join(coverage(), name), "utf8")) as Coverage).result)
      .filter(({ url }) => url.endsWith("/provider/model/plan/plan.js"))
      .flatMap(({ functions }) => functions.filter(({ functionName }) => functionName === "plan"))
      .reduce((sum, { ranges }) => sum + ranges[0]!.count, 0);
  }
});

interface Coverage {
  result: { url: string; functions: { functionName: string; ranges: { count: number }[] }[] }[];
}
