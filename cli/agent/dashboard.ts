/**
 * A Grafana dashboard of the agent's metrics: a panel for each host, and for each service its state, health check,
 * memory and CPU.
 */
import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  ReduceDataOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import {
  type Dashboard,
  DashboardBuilder,
  DatasourceVariableBuilder,
  MappingType,
  type Panel,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TimeseriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import { stopped, undeployed } from "./metrics-points.js";
import type { Queries, Query } from "./queries.js";

/** The hosts and services to draw. */
export interface Subject {
  title: string;
  /** Importing another dashboard with this uid replaces this one. */
  uid: string;
  hosts: string[];
  services: { name: string; replicas: number }[];
  queries: Queries;
  /** Seconds between two measurements. */
  interval: number;
}

export function dashboard({ title, uid, hosts, services, queries, interval }: Subject): Dashboard {
  const made = new DashboardBuilder(title)
    // Grafana refuses longer uids.
    .uid(uid.slice(0, 40))
    .tags(["k2-compose"])
    .refresh(`${Math.max(5, Math.round(interval))}s`)
    .time({ from: "now-1h", to: "now" })
    .withVariable(new DatasourceVariableBuilder("datasource").label("Database").type(queries.database));
  const panels = panelMaker(queries.database, interval);
  made.withRow(new RowBuilder("Hosts").id(panels.nextId()));
  for (const host of hosts)
    made.withPanel(panels.state(host, queries.host(host), { mappings: hostStates }).height(4).span(4));
  for (const { name, replicas } of services) {
    const of = (ask: keyof Pick<Queries, "check" | "memory" | "memoryLimit" | "cpu">) =>
      queries[ask](name, replicas);
    made
      .withRow(new RowBuilder(name).id(panels.nextId()))
      .withPanel(panels.state(name, of("check"), { mappings: checkStates, unit: "ms" }).height(8).span(3))
      .withPanel(panels.lines(`${name}: health check`, of("check"), "ms"))
      .withPanel(panels.lines(`${name}: memory`, [...of("memory"), ...of("memoryLimit")], queries.memoryUnit))
      .withPanel(panels.lines(`${name}: CPU`, of("cpu"), "percent"));
  }
  return made.build();
}

function panelMaker(database: string, interval: number) {
  const source = { type: database, uid: "${datasource}" };
  let id = 0;
  const nextId = () => ++id;
  const common = <B extends StatBuilder | TimeseriesBuilder>(
    builder: B,
    title: string,
    queries: Query[],
  ): B => {
    builder
      .id(nextId())
      .title(title)
      .datasource(source)
      .interval(`${Math.round(interval)}s`);
    queries.forEach((query, at) =>
      builder.withTarget(target({ refId: letter(at), datasource: source, ...query })),
    );
    return builder;
  };
  return {
    nextId,
    state: (
      title: string,
      queries: Query[],
      { mappings, unit }: { mappings: ValueMapping[]; unit?: string },
    ) => {
      const panel = common(new StatBuilder(), title, queries)
        .mappings(mappings)
        .thresholds(belowZeroIsRed())
        .noValue("no data")
        .colorMode(BigValueColorMode.Background)
        .graphMode(BigValueGraphMode.None)
        .textMode(queries.length > 1 ? BigValueTextMode.ValueAndName : BigValueTextMode.Auto)
        .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]).values(false));
      return unit === undefined ? panel : panel.unit(unit);
    },
    /** Starts at 0, because the special negative values would flatten the curve. The state panel shows those. */
    lines: (title: string, queries: Query[], unit: string) =>
      common(new TimeseriesBuilder(), title, queries).unit(unit).min(0).height(8).span(7),
  };
}

const hostStates: ValueMapping[] = [
  {
    type: MappingType.ValueToText,
    options: {
      "0": { text: "no answer", color: "red", index: 0 },
      "1": { text: "connected", color: "green", index: 1 },
    },
  },
];

const checkStates: ValueMapping[] = [
  {
    type: MappingType.ValueToText,
    options: {
      [stopped]: { text: "stopped", color: "orange", index: 0 },
      [undeployed]: { text: "undeployed", color: "red", index: 1 },
    },
  },
  {
    type: MappingType.RangeToText,
    options: { from: stopped + 1, to: -1, result: { text: "error", color: "red", index: 2 } },
  },
];

function belowZeroIsRed(): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([
    { value: null, color: "red" },
    { value: 0, color: "green" },
  ]);
}

/** The SDK has no module for OpenTSDB, so its queries are plain objects. */
function target(query: object): Builder<Dataquery> {
  return { build: () => query as Dataquery };
}

/** "A", "B", … "Z", "AA" */
function letter(at: number): string {
  return at < 26 ? String.fromCharCode(65 + at) : letter(Math.floor(at / 26) - 1) + letter(at % 26);
}

export type { Dashboard, Panel };
