import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Measurement, pointsOf, prefixOf, telnetLine } from "../../../../cli/agent/metrics-points.js";
import { prometheusText } from "../../../../cli/agent/prometheus.js";
import { metricsFrom } from "../../../../cli/containers/metrics.js";
import type { ContainerStats } from "../../../../provider/engine/observe/container-stats.js";

const mebibyte = 1024 * 1024;
const metrics = {
  ...{ cpuPercent: 0.0123, memory: 32.9 * mebibyte, memoryLimit: 1999 * mebibyte, memoryPercent: 1.6449 },
  ...{ received: 0, sent: 0, read: 0, written: 0, processes: 1 },
};
const measurement: Measurement = {
  timestamp: 1501743176,
  hosts: [
    { name: "default", connected: true },
    { name: "as", connected: false },
  ],
  containers: [
    { name: "busybox1", host: "default", state: "running", milliseconds: 201.4, metrics },
    { name: "busybox2", host: "as", state: "error", milliseconds: 6 },
    { name: "gone", host: "as", state: "undeployed", milliseconds: 0 },
    { name: "idle", host: "as", state: "stopped", milliseconds: 0 },
  ],
};

describe("the agent's metrics points", () => {
  it("must be the documented lines", () => {
    const lines = pointsOf(prefixOf("gw", "k2-compose-test"), measurement).map(telnetLine);
    assert.deepEqual(lines, [
      "put gw.k2composetest.hosts.default 1501743176 1 host=default",
      "put gw.k2composetest.hosts.as 1501743176 0 host=as",
      "put gw.k2composetest.containers.busybox1 1501743176 201 host=default container=busybox1",
      "put gw.k2composetest.containers.busybox1.mem_limit 1501743176 1999 host=default container=busybox1",
      "put gw.k2composetest.containers.busybox1.mem_usage 1501743176 32 host=default container=busybox1",
      "put gw.k2composetest.containers.busybox1.mem_percent 1501743176 1.64 host=default container=busybox1",
      "put gw.k2composetest.containers.busybox1.cpu_percent 1501743176 0.01 host=default container=busybox1",
      "put gw.k2composetest.containers.busybox2 1501743176 -6 host=as container=busybox2",
      "put gw.k2composetest.containers.gone 1501743176 -20002 host=as container=gone",
      "put gw.k2composetest.containers.idle 1501743176 -20001 host=as container=idle",
    ]);
  });

  it("must work without a prefix, and keep percentages as fractions", () => {
    assert.equal(prefixOf(undefined, "demo"), "demo");
    assert.throws(() => prefixOf("my prefix", "demo"), /--prefix "my prefix" contains characters/);
    assert.match(
      telnetLine({ metric: "p.mem_percent", timestamp: 1, value: 0, tags: { host: "a" } }),
      / 1 0\.0 /,
    );
  });

  it("must be the numbers that docker's own tools print", () => {
    const cpu = (total: number, system: number) => ({
      cpu_usage: { total_usage: total },
      system_cpu_usage: system,
      online_cpus: 4,
    });
    const stats: ContainerStats = {
      ...{ cpu_stats: cpu(300, 2000), precpu_stats: cpu(200, 1000) },
      memory_stats: { usage: 100, limit: 400, stats: { inactive_file: 50 } },
    };
    const { cpuPercent, memory, memoryPercent } = metricsFrom(stats);
    assert.deepEqual([cpuPercent, memory, memoryPercent], [40, 50, 12.5]);
  });

  it("must be readable by Prometheus", () => {
    const text = prometheusText("shop", measurement);
    assert.match(text, /^k2_compose_host_up\{project="shop",host="as"\} 0$/m);
    assert.match(
      text,
      /^k2_compose_container_state\{project="shop",host="as",container="idle",state="stopped"\} 1$/m,
    );
    assert.match(text, /^k2_compose_health\{project="shop",host="as",container="busybox2"\} -6$/m);
    for (const line of text.trimEnd().split("\n"))
      assert.match(line, /^(# (HELP|TYPE) |\w+\{.*\} -?[\d.e+]+$)/);
  });
});
