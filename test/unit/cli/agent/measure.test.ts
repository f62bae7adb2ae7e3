import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { after, before, describe, it } from "node:test";
import { LastLine } from "../../../../cli/agent/last-line.js";
import { loop } from "../../../../cli/agent/loop.js";
import { measure, type MeasureOptions } from "../../../../cli/agent/measure.js";
import type { Measurement } from "../../../../cli/agent/metrics-points.js";
import { ContainerWatch } from "../../../../cli/agent/stats-streams.js";
import type { Application, Member } from "../../../../cli/application/application.js";
import type { HostRef } from "../../../../provider/model/kinds.js";
import { closeAll, connect } from "../../../support/engines.js";
import { FakeEngine } from "../../../support/fake-engine/fake-engine.js";

const image = "fake/app:1";

describe("a measurement of the agent", () => {
  let engine: FakeEngine;
  let options: MeasureOptions;
  before(async () => {
    engine = await FakeEngine.start();
    engine.contents.addImage(image);
    engine.contents.statsEvery = 30;
    const host = { name: "a", address: engine.address };
    const gone = { name: "gone", address: "tcp://127.0.0.1:4" };
    const member = (service: string, more: Partial<Member> = {}): Member => ({
      ...{ service, host, replicas: 1, dependsOn: [], ...more },
    });
    const application: Application = {
      name: "shop",
      hosts: [host, gone, { name: "idle", address: engine.address }],
      onSwarm: [],
      members: [member("lost", { host: gone }), member("web", { replicas: 3 }), member("worker")],
    };
    const engineOf = async (one: HostRef) => connect(one);
    const signal = new AbortController().signal;
    options = { application, engineOf, watch: new ContainerWatch(), env: process.env, signal };
  });
  after(async () => {
    options.watch.close();
    await closeAll();
    await engine.close();
  });

  const run = async (service: string, number: number): Promise<string> => {
    const at = connect({ name: "a", address: engine.address });
    const Labels = {
      "com.docker.compose.project": "shop",
      "com.docker.compose.service": service,
      "com.docker.compose.container-number": String(number),
    };
    const query = { name: `shop-${service}-${number}` };
    const { Id } = await at.post<{ Id: string }>("/containers/create", {
      query,
      body: { Image: image, Labels },
    });
    await at.post(`/containers/${Id}/start`);
    return Id;
  };
  const states = ({ containers }: Measurement) =>
    Object.fromEntries(
      containers.map(({ name, state, metrics }) => [
        name,
        metrics ? `${state} ${metrics.cpuPercent.toFixed(1)}` : state,
      ]),
    );

  it("must contain every host, every replica, and missing ones", async () => {
    await run("web", 1);
    await run("web", 3);
    const seen = await measure(options, 1000);
    assert.deepEqual(seen.hosts, [
      { name: "a", connected: true },
      { name: "gone", connected: false },
      { name: "idle", connected: true },
    ]);
    assert.deepEqual(states(seen), {
      lost: "undeployed",
      web: "running 10.0",
      web_2: "undeployed",
      web_3: "running 10.0",
      worker: "undeployed",
    });
    const asked = engine.calls();
    assert.equal(asked.filter((call) => call.endsWith("/stats")).length, 2);
    assert.equal(asked.filter((call) => call === "GET /networks").length, 0, "networks are not needed");
  });

  it("must keep one stream per container, whatever happens to containers in between", async () => {
    const id = await run("worker", 1);
    const begun = () => engine.calls().filter((call) => call.endsWith("/stats")).length;
    for (let count = 0; count < 5; count++) await measure(options, 1001 + count);
    assert.deepEqual([begun(), options.watch.size], [3, 3]);
    // The container is recreated: another id with the same name.
    engine.contents.containers.delete(id);
    await run("worker", 1);
    assert.equal(states(await measure(options, 1010)).worker, "running 10.0");
    assert.deepEqual([begun(), options.watch.size], [4, 3]);
    engine.contents.containers.forEach((container) => (container.State = "exited"));
    assert.equal(states(await measure(options, 1011)).worker, "stopped");
    assert.equal(options.watch.size, 0);
    engine.contents.containers.forEach((container) => (container.State = "running"));
    assert.equal(states(await measure(options, 1012)).worker, "running 10.0");
  });

  it("must contain containers that are in neither file nor state", async () => {
    await run("stray", 1);
    const { containers } = await measure(options, 1015);
    const strays = containers.filter(({ name }) => name === "stray");
    assert.deepEqual(
      strays.map(({ host, state }) => [host, state]),
      [["a", "running"]],
      "measured once, although two names are one engine",
    );
  });

  it("must continue after the engine was unreachable", async () => {
    await engine.close();
    const away = await measure(options, 1020);
    assert.equal(away.hosts[0]!.connected, false);
    assert.equal(states(away).web, "undeployed");
    assert.equal(options.watch.size, 0);
    await engine.restart();
    const back = await measure(options, 1021);
    assert.equal(back.hosts[0]!.connected, true);
    assert.equal(states(back).web, "running 10.0");
  });
});

describe("the agent's loop", () => {
  it("must measure at fixed times, skip those that a slow measurement missed, and end by its signal", async () => {
    let elapsed = 0;
    const begun: number[] = [];
    const abort = new AbortController();
    const looping = loop({
      clock: {
        // The machine's clock is set back after 20 s.
        now: () => 1_500_000_000_000 + (elapsed > 20_000 ? -3_600_000 : 0) + elapsed,
        elapsed: () => elapsed,
        sleep: async (milliseconds, signal) => {
          signal.throwIfAborted();
          elapsed += milliseconds;
        },
      },
      ...{ interval: 10, delay: 5, signal: abort.signal },
      measure: async (timestamp) => {
        begun.push(elapsed / 1000);
        elapsed += begun.length === 3 ? 25_000 : 1_000;
        return { timestamp, hosts: [], containers: [] };
      },
      report: () => begun.length === 6 && abort.abort(new Error("Ctrl-C")),
    });
    await assert.rejects(looping, /Ctrl-C/);
    assert.deepEqual(begun, [5, 15, 25, 50, 60, 70]);
  });
});

describe("the last line of a stream", () => {
  it("must be complete, however the stream is split", async () => {
    const text = '{"a":1}\n{"größe":2}\n{"c":3}\n';
    const bytes = Buffer.from(text);
    for (const size of [1, 2, 3, 7, 8, 9, 16, 100]) {
      const stream = new PassThrough();
      const seen = new Set<string>();
      const last = new LastLine(stream, () => seen.add(last.text!));
      for (let at = 0; at < bytes.length; at += size) {
        stream.write(bytes.subarray(at, at + size));
        await new Promise(setImmediate);
      }
      assert.equal(last.text, '{"c":3}', `in pieces of ${size}`);
      for (const line of seen) assert.ok(text.includes(`${line}\n`), line);
    }
  });

  it("must not be awaited when there are no lines", async () => {
    const stream = new PassThrough();
    new LastLine(stream, () => undefined);
    stream.write(Buffer.alloc(1024 * 1024 + 1, "x"));
    await new Promise((resolve) => stream.once("close", resolve));
  });
});
