import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { elementOf } from "../../provider/shared/lookup.js";
import { checkAll } from "../application/checks.js";
import { defineCommand } from "../command.js";
import type { Context } from "../application/context.js";
import { exitCodeOf } from "../terminal/exit-codes.js";
import { printAs } from "../terminal/format.js";
import { formatOption } from "../arguments/option.js";
import type { LiveService } from "../application/live-application.js";
import { containerHeads, containerRow } from "../ps/containers.js";
import { filtered, readFilter } from "../ps/filter.js";
import { head, type Line, rowsOf, usual } from "../ps/rows.js";
import { select } from "../arguments/select.js";
import { withKnownChecks } from "../application/secret-values.js";
import { statusOf } from "../application/status.js";
import { folded } from "../terminal/wrap.js";
import { type Cell, grid } from "../terminal/table.js";
import { unknownProjectError } from "../application/targets.js";

interface Options {
  all?: boolean;
  orphans?: boolean;
  quiet?: boolean;
  json?: boolean;
  jsonFile?: string;
  format: string;
  trunc: boolean;
  services?: boolean;
  status?: string[];
  filter?: string[];
  exitCode?: boolean;
  stats?: boolean;
}

export default defineCommand<Options>({
  args: "[service...]",
  options: [
    { flags: "-a, --all", does: "Include containers of services that are not in the compose file" },
    { flags: "--orphans", does: "Same as --all, as docker compose calls it" },
    { flags: "--no-orphans", does: "Exclude orphans, and do not warn about them" },
    { flags: "-q, --quiet", does: "Only display IDs" },
    { flags: "--json", does: "Print hosts and services as a graph of nodes and edges, in JSON" },
    { flags: "--json-file <file>", does: "Write the graph to a file" },
    formatOption("one container per line"),
    { flags: "--no-trunc", does: "Do not truncate IDs and commands" },
    { flags: "--stats", does: "Also show CPU, memory and the duration of health checks" },
    { flags: "--services", does: "Display service names" },
    {
      flags: "--filter <key=value>",
      does: "Filter by a property: status, health, service, host, name, image, label",
      repeatable: true,
    },
    { flags: "--status <status>", does: "Same as --filter status=", repeatable: true },
    { flags: "--exit-code", does: "Exit with an error unless all services shown are running" },
  ],
  details:
    "Service-Status is undeployed, stopped, error (healthcheck or health_check fails), starting, running, or\n" +
    "unreachable. Image-Status is `changed` if the image name now refers to another image than the one that runs.\n" +
    "--filter status= takes these words and docker's for containers (exited, created, dead); names can be globs. The\n" +
    "exit code is 4 if a host does not answer. For a single service it is 8 unless the service is running.",
  examples: [
    ["ps", "list all services"],
    ["ps 'web*'", "list services that match a pattern"],
    ["ps web", "in scripts: succeed if web is running"],
    ["ps --filter status=error --format '{{.Host}} {{.Name}}'", "list failing containers, one per line"],
  ],

  run: async (context, { args, options }) => {
    const lines = await linesOf(context, args, options);
    await print(context, lines, options);
    return exitCode(lines, args, options);
  },
});

async function linesOf(context: Context, patterns: string[], options: Options): Promise<Line[]> {
  const { orphans, all = orphans, status = [], filter = [] } = options;
  const filters = [...filter.map(readFilter), ...status.map((value) => ({ key: "status" as const, value }))];
  const live = await context.live(patterns);
  const { services, application } = live;
  const nothing = unknownProjectError(live);
  // A service without containers is no error if the engine answers.
  if (nothing?.code === "not-found") context.out.warn(nothing.message);
  else if (nothing) throw nothing;
  // If neither file nor state has services, list those that the engines have.
  const known = all || application.members.length === 0 ? services : services.filter(({ orphan }) => !orphan);
  const selected = select(patterns, patterns.length > 0 ? services : known);
  const chosen = await withKnownChecks(context, selected);
  const checks = await checkAll(chosen, context.env, context.signal);
  const lines = chosen.map((service): Line => {
    const check = checks.get(service);
    return { service, status: statusOf(service, check), ...(check && { check }) };
  });
  const isUnfiltered = filters.length === 0 && patterns.length === 0 && orphans !== false;
  if (isUnfiltered && known !== services) noteOrphans(context, services);
  return filtered(lines, filters);
}

function noteOrphans({ out }: Context, services: LiveService[]): void {
  const names = services
    .filter(({ orphan }) => orphan)
    .flatMap(({ containers }) => containers.map(({ name }) => name));
  if (names.length > 0)
    out.warn(
      `found orphan containers of services that are not in the compose file: ${names.join(", ")} (ps --all shows them)`,
    );
}

async function print(context: Context, lines: Line[], options: Options): Promise<void> {
  const { out } = context;
  if (options.jsonFile !== undefined || options.json) {
    const { graphOf } = await import("../ps/graph.js");
    const graph = graphOf((await context.application()).name, lines, Date.now());
    if (options.jsonFile !== undefined)
      await writeFile(resolve(context.cwd, options.jsonFile), `${JSON.stringify(graph, undefined, 2)}\n`);
    if (options.json) return out.json(graph);
  }
  if (options.quiet) return printIds(context, lines, options);
  if (options.services)
    return [...new Set(lines.map(({ service }) => service.service))].forEach((name) => out.line(name));
  const { format } = options;
  const table = format === "table" ? await tableOf(context, lines, options) : { rows: [] };
  const rows = lines.flatMap(({ service }) =>
    service.containers.map((container) => containerRow(service, container, { whole: !options.trunc })),
  );
  await printAs(out, format, {
    rows,
    heads: containerHeads,
    table: () => grid({ ...table, usual, width: out.width, paint: out.paint }),
    json: () => rows.forEach((row) => out.jsonLine(row)),
  });
  for (const reason of reasonsOf(lines)) out.note(folded(reason, out.noteWidth));
}

/** Ten columns do not fit into a narrow terminal. */
async function tableOf(
  context: Context,
  lines: Line[],
  { stats }: Options,
): Promise<{ head: string[]; rows: Cell[][] }> {
  const rows = rowsOf(lines);
  if (!stats) return { head, rows };
  const { statsHead, statsOf } = await import("../ps/stats.js");
  const figures = await statsOf(context, lines);
  const isNarrow = (context.out.width ?? Infinity) < 110;
  const kept = <T>(row: T[]) => (isNarrow ? row.filter((_, at) => [0, 1, 2, 4].includes(at)) : row);
  return {
    head: [...kept(head), ...statsHead],
    rows: rows.map((row, at) => [...kept(row), ...elementOf(figures, at)]),
  };
}

function printIds({ out }: Context, lines: Line[], { all, status, filter }: Options): void {
  const containers = lines.flatMap(({ service }) => service.containers);
  const isChosen = all || status || filter;
  for (const { id, state } of containers) if (isChosen || state === "running") out.line(id);
}

/** Reports each unreachable host once, with a hint. */
function reasonsOf(lines: Line[]): string[] {
  const hosts = new Map(lines.map(({ service }) => [service.host.name, service.at.error?.message]));
  const dead = [...hosts.values()].filter((message) => message !== undefined);
  const ill = lines.filter(({ service, status }) => !service.at.error && status.reason !== undefined);
  return [...dead, ...ill.map(({ service, status }) => `${service.service}: ${status.reason}`)];
}

function exitCode(lines: Line[], patterns: string[], options: Options): number {
  if (lines.some(({ service }) => service.at.error)) return exitCodeOf("unreachable");
  const names = new Set(lines.map(({ service }) => service.service));
  const judged = options.exitCode || (patterns.length === 1 && names.size === 1);
  return judged && lines.some(({ status }) => status.status !== "running") ? exitCodeOf("unhealthy") : 0;
}
