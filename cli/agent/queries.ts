/**
 * Queries of the Grafana dashboard: in OpenTSDB with the agent's metric names, in PromQL with the same, or with the
 * names that Prometheus scrapes.
 */
import { replicaName } from "./metrics-points.js";

export const databases = ["opentsdb", "prometheus"] as const;
/** Grafana's names of data sources. VictoriaMetrics uses the query language of Prometheus. */
export type Database = (typeof databases)[number];

/** The part of a panel's target that depends on the data source. */
export type Query = OpentsdbQuery | PromQuery;

interface OpentsdbQuery {
  metric: string;
  aggregator: "avg";
  downsampleAggregator: Over;
  downsampleFillPolicy: "none";
  /** "*" makes a series of each value. All versions of OpenTSDB support it; filters need later ones. */
  tags: Record<string, string>;
  alias: string;
}

interface PromQuery {
  expr: string;
  range: true;
  legendFormat: string;
}

/** How several points are combined into one if the panel has too few pixels: for states, the worst is kept. */
type Over = "min" | "max" | "avg";

/** All replicas of a service. */
export interface Queries {
  database: Database;
  memoryUnit: "mbytes" | "bytes";
  host(name: string): Query[];
  /** Milliseconds, or one of the special values. */
  check(service: string, replicas: number): Query[];
  memory(service: string, replicas: number): Query[];
  memoryLimit(service: string, replicas: number): Query[];
  cpu(service: string, replicas: number): Query[];
}

/** Queries for metrics sent by `--opentsdb-http`; `prefix` includes the project's name. */
export function sentQueries(database: Database, prefix: string): Queries {
  const ask = database === "opentsdb" ? opentsdb : sentToPrometheus;
  const of =
    (what: string, over: Over, legend = "") =>
    (service: string, replicas: number) =>
      ask(`${prefix}.containers.`, service, replicas, what, over, legend);
  return {
    database,
    memoryUnit: "mbytes",
    host: (name) => ask(`${prefix}.hosts.`, name, 1, "", "min", ""),
    check: of("", "min"),
    memory: of(".mem_usage", "max"),
    memoryLimit: of(".mem_limit", "max", " limit"),
    cpu: of(".cpu_percent", "avg"),
  };
}

/** Queries for metrics served by `--format prometheus`. */
export function servedQueries(project: string): Queries {
  const of =
    (metric: string, over: Over, legend = "") =>
    (service: string) => [
      {
        expr: overTime(over, `${metric}{project="${project}",container=~"${replicasPattern(service)}"}`),
        range: true as const,
        legendFormat: `{{container}} {{host}}${legend}`,
      },
    ];
  return {
    database: "prometheus",
    memoryUnit: "bytes",
    host: (name) => [
      {
        expr: overTime("min", `k2_compose_host_up{project="${project}",host="${name}"}`),
        range: true,
        legendFormat: "{{host}}",
      },
    ],
    check: of("k2_compose_health", "min"),
    memory: of("k2_compose_memory_bytes", "max"),
    memoryLimit: of("k2_compose_memory_limit_bytes", "max", " limit"),
    cpu: of("k2_compose_cpu_percent", "avg"),
  };
}

type Ask = (
  before: string,
  name: string,
  replicas: number,
  after: string,
  over: Over,
  legend: string,
) => Query[];

/** OpenTSDB has no wildcards in metric names. */
const opentsdb: Ask = (before, name, replicas, after, over, legend) =>
  Array.from({ length: Math.max(1, replicas) }, (_, at) => replicaName(name, at + 1)).map((one) => ({
    metric: `${before}${one}${after}`,
    aggregator: "avg",
    downsampleAggregator: over,
    downsampleFillPolicy: "none",
    tags: { host: "*" },
    alias: before.endsWith(".hosts.") ? one : `${one} $tag_host${legend}`,
  }));

const sentToPrometheus: Ask = (before, name, _, after, over, legend) => {
  const isHost = before.endsWith(".hosts.");
  const pattern = isHost ? escaped(name) : replicasPattern(name);
  return [
    {
      expr: overTime(over, `{__name__=~"${escaped(before)}${pattern}${escaped(after)}"}`),
      range: true,
      legendFormat: isHost ? "{{host}}" : `{{container}} {{host}}${legend}`,
    },
  ];
};

function overTime(over: Over, selector: string): string {
  return `${over}_over_time(${selector}[$__rate_interval])`;
}

function replicasPattern(service: string): string {
  return `${escaped(service)}(_[0-9]+)?`;
}

/** Escapes a value for a regular expression in quotes. */
function escaped(text: string): string {
  return text.replaceAll(".", "\\\\.");
}
