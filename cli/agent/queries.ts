/** What Grafana asks its database: by the agent's names in OpenTSDB, the same in PromQL, or by names as Prometheus has them. */
import { replicaName } from "./metrics-points.js";

export const databases = ["opentsdb", "prometheus"] as const;
/** As Grafana names its kinds of data source. VictoriaMetrics is asked as Prometheus is. */
export type Database = (typeof databases)[number];

/** As a panel's target has it, without what all have. */
export type Query = OpentsdbQuery | PromQuery;

interface OpentsdbQuery {
  metric: string;
  aggregator: "avg";
  downsampleAggregator: Over;
  downsampleFillPolicy: "none";
  /** "*" makes a line of each value; all versions of OpenTSDB know this, and only later ones filters. */
  tags: Record<string, string>;
  alias: string;
}

interface PromQuery {
  expr: string;
  range: true;
  legendFormat: string;
}

/** Several points become one where a picture has too few pixels: of states the worst must stay. */
type Over = "min" | "max" | "avg";

/** Of one service all replicas. */
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

/** For what `--opentsdb-http` sent; `prefix` with the project's name. */
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

/** For what `--format prometheus` serves. */
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

/** Names of metrics know no wildcards there. */
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

/** In a pattern in quotes. */
function escaped(text: string): string {
  return text.replaceAll(".", "\\\\.");
}
