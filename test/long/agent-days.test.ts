import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { loop } from "../../cli/agent/loop.js";
import { measure } from "../../cli/agent/measure.js";
import { opentsdbSender } from "../../cli/agent/opentsdb-http.js";
import { pointsOf } from "../../cli/agent/metrics-points.js";
import { ContainerWatch } from "../../cli/agent/stats-streams.js";
import type { Application } from "../../cli/application/application.js";
import { closeAll, connect } from "../support/engines.js";
import { FakeEngine } from "../support/fake-engine/fake-engine.js";

setFlagsFromString("--expose_gc");
const collect = runInNewContext("gc") as () => void;

const interval = 10;
const day = 86_400 / interval;

describe("an agent that runs for days", () => {
  let engine: FakeEngine;
  const server = createServer((request, response) => {
    request.resume().on("end", () => response.writeHead(204).end());
  });
  before(async () => {
    engine = await FakeEngine.start();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  after(async () => {
    await closeAll();
    await engine.close();
    server.close();
    server.closeAllConnections();
  });

  it("must not use more and more memory: three days of measurements, with containers recreated every hour", async () => {
    const host = { name: "a", address: engine.address };
    const members = ["web", "db"].map((service) => ({
      ...{ service, host, replicas: 1, dependsOn: [] },
      healthCheck: { socket: engine.address.replace("tcp://", "") },
    }));
    const application: Application = { name: "shop", hosts: [host], members, onSwarm: [] };
    const watch = new ContainerWatch();
    const abort = new AbortController();
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const nothing = () => undefined;
    const sender = opentsdbSender(address, {
      sent: nothing,
      failed: nothing,
      refused: nothing,
      forgotten: nothing,
    });
    const heap: number[] = [];
    let count = 0;
    addContainers(
      engine,
      members.map(({ service }) => service),
    );
    await assert.rejects(
      loop({
        clock: {
          now: () => 1_700_000_000_000 + count * interval * 1000,
          elapsed: () => count * interval * 1000,
          sleep: async (_, signal) => {
            await sender.idle();
            engine.requests.length = 0;
            if (++count % day === 0) {
              collect();
              heap.push(process.memoryUsage().heapUsed / 2 ** 20);
            }
            // All containers are recreated once an hour.
            if (count % 360 === 0)
              addContainers(
                engine,
                members.map(({ service }) => service),
              );
            if (count > 3 * day) abort.abort(new Error("three days are over"));
            signal.throwIfAborted();
          },
        },
        ...{ interval, signal: abort.signal },
        measure: (timestamp, signal) =>
          measure(
            { application, engineOf: async (one) => connect(one), watch, env: process.env, signal },
            timestamp,
          ),
        report: (measurement) => sender.take(pointsOf("shop", measurement)),
      }),
      /three days are over/,
    );
    watch.close();
    await sender.close(1000);
    console.log(`heap at the end of each day: ${heap.map((size) => size.toFixed(1)).join(", ")} MiB`);
    assert.ok(heap[2]! - heap[0]! < 4, `${heap.join(", ")} MiB`);
  });
});

function addContainers({ contents }: FakeEngine, services: string[]): void {
  contents.containers.clear();
  for (const service of services) {
    const Labels = {
      ...{ "com.docker.compose.project": "shop", "com.docker.compose.service": service },
      "com.docker.compose.container-number": "1",
    };
    const Id = contents.newId();
    contents.containers.set(Id, {
      ...{ Id, Name: `shop-${service}-1`, Config: { Image: "x", Labels }, HostConfig: {}, ImageID: "" },
      ...{ State: "running", ExitCode: 0, Created: 0, Networks: {}, archives: [] },
    });
  }
}
