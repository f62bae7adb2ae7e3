import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, describe, it } from "node:test";
import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { type Drawn, subjectOf } from "../../../cli/agent/dashboard-file.js";
import { dashboard } from "../../../cli/agent/dashboard.js";
import { loop } from "../../../cli/agent/loop.js";
import { opentsdbSender } from "../../../cli/agent/opentsdb-http.js";
import {
  type MeasuredContainer,
  type Measurement,
  pointsOf,
  telnetLine,
} from "../../../cli/agent/metrics-points.js";
import { prometheusText } from "../../../cli/agent/prometheus.js";
import type { Application } from "../../../cli/application/application.js";
import { Victoria, victoriaMissing } from "../../support/servers/victoria-metrics.js";

const [minute, hour] = [60, 3600];
const interval = 30;
/** Six hours that ended before the database started, because it must store measurements older than itself. */
const begin = Math.floor((Date.now() / 1000 - 7 * hour) / hour) * hour;
const end = begin + 6 * hour;
const prefix = "gw.shop";
const hosts = ["a", "b"].map((name) => ({ name, address: "" }));
const application: Application = {
  name: "shop",
  hosts,
  onSwarm: [],
  members: [
    { service: "web", replicas: 2, host: hosts[0]!, dependsOn: [] },
    { service: "db", replicas: 1, host: hosts[1]!, dependsOn: [] },
  ],
};

/** A measurement whose states and figures follow from the time; they change every ten minutes. */
function measurementAt(timestamp: number): Measurement {
  const block = Math.floor((timestamp - begin) / (10 * minute));
  const container = (name: string, host: string, number: number): MeasuredContainer => {
    const state = (["running", "running", "error", "stopped", "undeployed"] as const)[(block + number) % 5]!;
    const mebibytes = 10 + block + number;
    const metrics = {
      ...{ cpuPercent: block + number / 4, memory: mebibytes * 2 ** 20, memoryLimit: 2 ** 30 },
      ...{ memoryPercent: mebibytes / 10.24, received: 0, sent: 0, read: 0, written: 0, processes: 1 },
    };
    const isUp = state === "running" || state === "error";
    return { name, host, state, milliseconds: isUp ? 5 + block : 0, ...(isUp && { metrics }) };
  };
  return {
    timestamp,
    hosts: hosts.map(({ name }, at) => ({ name, connected: (block + at) % 7 !== 0 })),
    containers: [container("web", "a", 0), container("web_2", "a", 1), container("db", "b", 2)],
  };
}

/** Returns the values that the database should have for a metric between two times. */
function expected(metric: string, from = begin, to = end): [number, number][] {
  const values: [number, number][] = [];
  for (let at = from; at < to; at += interval)
    for (const point of pointsOf(prefix, measurementAt(at)))
      if (point.metric === metric) values.push([at, point.value]);
  return values;
}

const metrics = [
  ...new Set(
    times(begin, end).flatMap((at) => pointsOf(prefix, measurementAt(at)).map(({ metric }) => metric)),
  ),
];

describe("the agent's metrics in a real database", { skip: victoriaMissing() ?? false }, () => {
  let victoria: Victoria;
  before(async () => {
    victoria = await Victoria.start();
  });
  after(() => victoria.close());

  it("must be stored for six hours, except those older than an hour when the database is available again", async () => {
    let now = begin;
    const events = new Map<number, () => Promise<void>>([
      [begin + 1 * hour, () => victoria.kill()],
      [begin + 1 * hour + 55 * minute, () => victoria.restart()],
      [begin + 3 * hour, () => victoria.kill()],
      [begin + 4.5 * hour, () => victoria.restart()],
    ]);
    let forgotten = 0;
    const callbacks = { sent: () => undefined, refused: assert.fail, failed: () => undefined };
    const sender = opentsdbSender(victoria.opentsdb, {
      ...callbacks,
      forgotten: (measurements) => (forgotten += measurements),
    });
    const abort = new AbortController();
    await assert.rejects(
      loop({
        clock: {
          now: () => now * 1000,
          elapsed: () => now * 1000,
          sleep: async (milliseconds, signal) => {
            await sender.idle();
            now += milliseconds / 1000;
            if (now >= end) abort.abort(new Error("six hours are over"));
            signal.throwIfAborted();
            await events.get(now)?.();
          },
        },
        ...{ interval, signal: abort.signal },
        measure: async (timestamp) => measurementAt(timestamp),
        report: (measurement) => sender.take(pointsOf(prefix, measurement)),
      }),
      /six hours are over/,
    );
    assert.equal(await sender.close(5_000), 0);
    // The database was down for an hour and a half, and the agent keeps an hour: only the first half-hour is lost.
    const [lostFrom, lostTo] = [begin + 3 * hour, begin + 3.5 * hour];
    assert.equal(forgotten, (lostTo - lostFrom) / interval);
    for (const metric of metrics) {
      const [series, ...more] = await victoria.stored(metric);
      assert.equal(more.length, 0, metric);
      const wanted = [...expected(metric, begin, lostFrom), ...expected(metric, lostTo)];
      assert.deepEqual(
        series!.values.sort(([a], [b]) => a - b),
        wanted,
        metric,
      );
    }
  });

  /** The middles of the ten-minute blocks without lost measurements. */
  const sample = times(begin + 5 * minute, end, 10 * minute).filter(
    (at) => at < begin + 3 * hour || at > begin + 3.5 * hour,
  );
  /** Maps each series of an answer ("container host" or "host") to its values by time. */
  const values = async (expr: string) => {
    const found = await victoria.range(expr, begin + 5 * minute, end - 5 * minute, 10 * minute);
    return new Map(
      found.map(({ metric, values: points }) => {
        const name = [metric.container, metric.host].filter(Boolean).join(" ");
        return [name, new Map(points.filter(([at]) => sample.includes(at)))];
      }),
    );
  };
  const wantedOf = (metric: string, scale = 1) =>
    new Map(
      expected(metric).flatMap(([at, value]) => (sample.includes(at) ? [[at, value * scale] as const] : [])),
    );

  it("must be found by the panels' PromQL queries", async () => {
    const asked = expressions({ database: "prometheus", served: false });
    const names = (panel: string, what: string) => {
      if (hosts.some(({ name }) => name === panel)) return { [panel]: `${prefix}.hosts.${panel}` };
      const of = panel === "web" ? { "web a": "web", "web_2 a": "web_2" } : { "db b": "db" };
      return Object.fromEntries(
        Object.entries(of).map(([key, name]) => [key, `${prefix}.containers.${name}${what}`]),
      );
    };
    const suffixes = { "": "", ": health check": "", ": CPU": ".cpu_percent" };
    for (const panel of ["a", "b", "web", "db"])
      for (const [title, suffix] of Object.entries(suffixes)) {
        if (title !== "" && panel.length === 1) continue;
        const [expr] = asked[panel + title]!;
        const wanted = new Map(
          Object.entries(names(panel, suffix)).map(([key, metric]) => [key, wantedOf(metric)]),
        );
        assert.deepEqual(await values(expr!), wanted, `${panel}${title}: ${expr}`);
      }
    const [usage, limit] = asked["web: memory"]!;
    assert.deepEqual((await values(usage!)).get("web_2 a"), wantedOf(`${prefix}.containers.web_2.mem_usage`));
    assert.deepEqual((await values(limit!)).get("web_2 a"), wantedOf(`${prefix}.containers.web_2.mem_limit`));
  });

  it("must be found by the panels' OpenTSDB queries", async () => {
    const seen = new Set<string>();
    for (const { metric, downsampleAggregator, tags } of targets({ database: "opentsdb", served: false })) {
      // The same query in the language of this database.
      const labels = Object.entries(tags).map(
        ([name, value]) => `${name}=~"${value === "*" ? ".+" : value}"`,
      );
      const expr = `${downsampleAggregator}_over_time({__name__="${metric}",${labels.join()}}[1m])`;
      const found = await values(expr);
      assert.deepEqual([...found.values()], [wantedOf(metric)], metric);
      seen.add(metric);
    }
    // Percentages of memory are sent because the manual lists them, but the panels draw bytes.
    assert.deepEqual(
      [...metrics].filter((metric) => !metric.endsWith(".mem_percent")).sort(),
      [...seen].sort(),
    );
  });

  it("must be found by the panels' Prometheus queries after a scrape", async () => {
    for (const at of times(begin, end)) await victoria.scraped(prometheusText("shop", measurementAt(at)), at);
    const asked = expressions({ database: "prometheus", served: true });
    assert.deepEqual([...(await values(asked.a![0]!)).values()], [wantedOf(`${prefix}.hosts.a`)]);
    assert.deepEqual(
      await values(asked["web: health check"]![0]!),
      new Map([
        ["web a", wantedOf(`${prefix}.containers.web`)],
        ["web_2 a", wantedOf(`${prefix}.containers.web_2`)],
      ]),
    );
    assert.deepEqual(
      [...(await values(asked["db: memory"]![0]!)).values()],
      [wantedOf(`${prefix}.containers.db.mem_usage`, 2 ** 20)],
    );
    assert.deepEqual(
      [...(await values(asked["db: CPU"]![0]!)).values()],
      [wantedOf(`${prefix}.containers.db.cpu_percent`)],
    );
  });

  it("must be equal when sent by the telnet protocol", async () => {
    const lines = times(begin, begin + hour).flatMap((at) =>
      pointsOf("telnet.shop", measurementAt(at)).map(telnetLine),
    );
    const [host, port] = victoria.opentsdb.split(":");
    await new Promise<void>((resolve, reject) => {
      const socket = connect(Number(port), host)
        .on("error", reject)
        .on("close", () => resolve());
      socket.end(`${lines.join("\n")}\n`);
      socket.resume();
    });
    for (const metric of metrics) {
      const name = metric.replace(prefix, "telnet.shop");
      const wanted = expected(metric, begin, begin + hour);
      const stored = await victoria.stored(name);
      assert.deepEqual(
        stored.flatMap((series) => series.values).sort(([a], [b]) => a - b),
        wanted,
        name,
      );
    }
  });
});

function times(from: number, to: number, step = interval): number[] {
  return Array.from({ length: Math.ceil((to - from) / step) }, (_, at) => from + at * step);
}

interface Target {
  metric: string;
  expr: string;
  downsampleAggregator: string;
  tags: Record<string, string>;
}

function panels(what: Pick<Drawn, "database" | "served">): Panel[] {
  const made = dashboard(subjectOf(application, { prefix, interval, ...what }));
  return (made.panels as unknown as Panel[]).filter(({ type }) => type !== "row");
}

function targets(what: Pick<Drawn, "database" | "served">): Target[] {
  return panels(what).flatMap((panel) => panel.targets as unknown as Target[]);
}

/** Returns the expressions of each panel, by its title. */
function expressions(what: Pick<Drawn, "database" | "served">): Record<string, string[]> {
  return Object.fromEntries(
    panels(what).map(({ title, targets = [] }) => [
      title,
      (targets as unknown as Target[]).map(({ expr }) => expr),
    ]),
  );
}
