import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Dashboard, Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { type Drawn, subjectOf } from "../../../../cli/agent/dashboard-file.js";
import { dashboard } from "../../../../cli/agent/dashboard.js";
import type { Application } from "../../../../cli/application/application.js";
import { command } from "../../../support/cli/command.js";
import { checkout } from "../../../support/scripts.js";

const hosts = [
  { name: "default", address: "tcp://10.0.0.5:2375" },
  { name: "as", address: "tcp://10.0.0.6:2375" },
];
const member = (service: string, at: number, replicas: number) => ({
  ...{ service, replicas, host: hosts[at]!, dependsOn: [] },
});
const application: Application = {
  name: "my-shop",
  hosts,
  onSwarm: [],
  members: [member("web", 0, 1), member("web", 1, 2), member("db.main", 1, 1)],
};
const drawn = (more: Partial<Drawn> = {}): Dashboard =>
  JSON.parse(
    JSON.stringify(
      dashboard(
        subjectOf(application, {
          prefix: "gw.myshop",
          interval: 10,
          database: "opentsdb",
          served: false,
          ...more,
        }),
      ),
    ),
  ) as Dashboard;
const panelsOf = ({ panels = [] }: Dashboard) => panels as unknown as Panel[];
/** Returns the queries of each panel, by its title. */
const asked = (made: Dashboard) =>
  Object.fromEntries(
    panelsOf(made)
      .filter(({ type }) => type !== "row")
      .map(({ title, targets = [] }) => [
        title,
        (targets as unknown as { metric?: string; expr?: string }[]).map(
          ({ metric, expr }) => metric ?? expr,
        ),
      ]),
  );

describe("the Grafana dashboard", () => {
  it("must query OpenTSDB for the metric names that are sent", () => {
    assert.deepEqual(asked(drawn()), {
      as: ["gw.myshop.hosts.as"],
      default: ["gw.myshop.hosts.default"],
      web: ["gw.myshop.containers.web", "gw.myshop.containers.web_2"],
      "web: health check": ["gw.myshop.containers.web", "gw.myshop.containers.web_2"],
      "web: memory": [
        "gw.myshop.containers.web.mem_usage",
        "gw.myshop.containers.web_2.mem_usage",
        "gw.myshop.containers.web.mem_limit",
        "gw.myshop.containers.web_2.mem_limit",
      ],
      "web: CPU": ["gw.myshop.containers.web.cpu_percent", "gw.myshop.containers.web_2.cpu_percent"],
      "db.main": ["gw.myshop.containers.db.main"],
      "db.main: health check": ["gw.myshop.containers.db.main"],
      "db.main: memory": ["gw.myshop.containers.db.main.mem_usage", "gw.myshop.containers.db.main.mem_limit"],
      "db.main: CPU": ["gw.myshop.containers.db.main.cpu_percent"],
    });
  });

  it("must query in PromQL for the same names, or for those that Prometheus scrapes", () => {
    const sent = asked(drawn({ database: "prometheus" }));
    assert.deepEqual(sent["db.main: CPU"], [
      'avg_over_time({__name__=~"gw\\\\.myshop\\\\.containers\\\\.db\\\\.main(_[0-9]+)?\\\\.cpu_percent"}[$__rate_interval])',
    ]);
    const served = asked(drawn({ database: "prometheus", served: true }));
    assert.deepEqual(served.web, [
      'min_over_time(k2_compose_health{project="my-shop",container=~"web(_[0-9]+)?"}[$__rate_interval])',
    ]);
  });

  it("must be importable by Grafana: unique ids, one position each, one data source to select", () => {
    const many: Application = {
      ...application,
      hosts: Array.from({ length: 15 }, (_, at) => ({ name: `host${at}`, address: "" })),
      members: Array.from({ length: 20 }, (_, at) => member(`service${at}`, 0, at === 7 ? 30 : 1)),
    };
    for (const database of ["opentsdb", "prometheus"] as const) {
      const settings = { prefix: `gw.${"long".repeat(20)}`, interval: 3, database, served: false };
      const made = dashboard(subjectOf(many, settings));
      const all = panelsOf(made);
      assert.equal(all.length, 1 + 15 + 20 * 5);
      assert.equal(new Set(all.map(({ id }) => id)).size, all.length);
      assert.match(made.uid!, /^[A-Za-z0-9_-]{8,40}$/);
      assert.ok(made.schemaVersion >= 39);
      assert.deepEqual(
        made.templating.list!.map(({ name, type, query }) => [name, type, query]),
        [["datasource", "datasource", database]],
      );
      const taken = new Set<string>();
      for (const { title, type, datasource, targets = [], gridPos } of all) {
        const { x, y, w, h } = gridPos!;
        assert.ok(x >= 0 && x + w <= 24, title);
        for (let column = x; column < x + w; column++)
          for (let line = y; line < y + h; line++) {
            assert.ok(!taken.has(`${column} ${line}`), `${title} overlaps another panel`);
            taken.add(`${column} ${line}`);
          }
        if (type === "row") continue;
        assert.deepEqual(datasource, { type: database, uid: "${datasource}" });
        const letters = targets.map((target) => (target as unknown as { refId: string }).refId);
        assert.ok(letters.length > 0 && new Set(letters).size === letters.length, letters.join());
      }
    }
  });

  it("must not be loaded when no dashboard is written", async () => {
    const count = `process.on("exit", () => console.log(Object.keys(require("module")._cache).filter((path) => path.includes("grafana")).length))`;
    const args = [
      "-e",
      `${count}; import("./dist/cli/main.js").then(({ main }) => main(["agent", "--help"]))`,
    ];
    const { stdout } = await command(process.execPath, args, { cwd: checkout });
    assert.match(stdout, /\n0\n$/);
  });
});
