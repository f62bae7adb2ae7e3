/** A Grafana dashboard over what the agent sends: a panel for each host; for each service its checks, memory and CPU. */
import type { Application } from "../application.js";

export interface Panel {
  id: number;
  title: string;
  type: "stat" | "timeseries" | "row";
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: Target[];
  [more: string]: unknown;
}

/** As Grafana's OpenTSDB data source asks. */
interface Target {
  refId: string;
  metric: string;
  aggregator: "avg";
  downsampleAggregator: "avg";
  downsampleFillPolicy: "none";
  filters: { type: "literal_or" | "wildcard"; tagk: string; filter: string; groupBy: boolean }[];
}

const source = { type: "opentsdb", uid: "${datasource}" };

export function dashboard(application: Application, prefix: string): object {
  return {
    title: `${application.name} (k2-compose)`,
    uid: `k2-compose-${application.name}`.slice(0, 40),
    tags: ["k2-compose"],
    schemaVersion: 39,
    version: 1,
    editable: true,
    refresh: "10s",
    time: { from: "now-1h", to: "now" },
    timezone: "browser",
    templating: { list: [{ name: "datasource", type: "datasource", query: "opentsdb", label: "Database" }] },
    annotations: { list: [] },
    panels: panels(application, prefix),
  };
}

export function panels({ members }: Application, prefix: string): Panel[] {
  const hosts = [...new Set(members.map(({ host }) => host.name))].sort();
  const services = [...new Set(members.map(({ service }) => service))].sort();
  const made: Omit<Panel, "id">[] = [row("Hosts", 0)];
  hosts.forEach((host, at) =>
    made.push(hostPanel(host, prefix, { x: (at % 6) * 4, y: 1 + Math.floor(at / 6) * 4 })),
  );
  let y = 1 + Math.ceil(hosts.length / 6) * 4;
  for (const service of services) {
    made.push(row(service, y), ...servicePanels(service, prefix, y + 1));
    y += 9;
  }
  return made.map((panel, at) => ({ ...panel, id: at + 1 })) as Panel[];
}

function hostPanel(host: string, prefix: string, { x, y }: { x: number; y: number }): Omit<Panel, "id"> {
  const states = [
    {
      type: "value",
      options: { "0": { text: "no answer", color: "red" }, "1": { text: "connected", color: "green" } },
    },
  ];
  return {
    title: host,
    type: "stat",
    gridPos: { x, y, w: 4, h: 4 },
    datasource: source,
    targets: [target(`${prefix}.hosts.${host}`, [{ tag: "host", value: host }])],
    fieldConfig: { defaults: { mappings: states, color: { mode: "thresholds" } }, overrides: [] },
    options: { reduceOptions: { calcs: ["lastNotNull"] }, colorMode: "background" },
  };
}

function servicePanels(service: string, prefix: string, y: number): Omit<Panel, "id">[] {
  const metric = `${prefix}.containers.${service}`;
  const columns = [
    { title: "health check", unit: "ms", of: [metric], mappings: checkMappings },
    { title: "memory", unit: "mbytes", of: [`${metric}.mem_usage`, `${metric}.mem_limit`] },
    { title: "CPU", unit: "percent", of: [`${metric}.cpu_percent`] },
  ];
  return columns.map(({ title, unit, of, mappings = [] }, at) => ({
    title: `${service}: ${title}`,
    type: "timeseries",
    gridPos: { x: at * 8, y, w: 8, h: 8 },
    datasource: source,
    targets: of.map((name, index) => target(name, [{ tag: "host", value: "*" }], "AB"[index])),
    fieldConfig: { defaults: { unit, mappings }, overrides: [] },
    options: { legend: { displayMode: "list", placement: "bottom" } },
  }));
}

const checkMappings = [
  {
    type: "value",
    options: {
      "-20001": { text: "stopped", color: "orange" },
      "-20002": { text: "undeployed", color: "red" },
    },
  },
  { type: "range", options: { from: -20000, to: -1, result: { text: "error", color: "red" } } },
];

function target(metric: string, tags: { tag: string; value: string }[], refId = "A"): Target {
  const filters = tags.map(({ tag, value }) => ({
    ...{
      type: value === "*" ? ("wildcard" as "literal_or") : ("literal_or" as const),
      tagk: tag,
      filter: value,
      groupBy: true,
    },
  }));
  return {
    refId,
    metric,
    aggregator: "avg",
    downsampleAggregator: "avg",
    downsampleFillPolicy: "none",
    filters,
  };
}

function row(title: string, y: number): Omit<Panel, "id"> {
  return { title, type: "row", gridPos: { x: 0, y, w: 24, h: 1 }, collapsed: false, panels: [] };
}
