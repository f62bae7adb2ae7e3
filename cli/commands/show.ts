import { basename } from "node:path";
import { stringify } from "yaml";
import { load } from "../../provider/compose/load/load.js";
import { jsonText } from "../../provider/shared/foreign-text.js";
import { K2Error } from "../../provider/shared/errors.js";
import { printPlacement } from "../../provider/model/placement/print.js";
import { withKnownChecks } from "../application/secret-values.js";
import { checkAll } from "../application/checks.js";
import { defineCommand } from "../command.js";
import type { Context } from "../application/context.js";
import { select } from "../arguments/select.js";
import { html, svg } from "../show/svg.js";
import { dot } from "../show/dot.js";
import { mermaid, topologyTable } from "../show/text.js";
import { type Topology, topologyOf } from "../show/topology.js";
import { box } from "../terminal/table.js";
import { knownMembers } from "../application/targets.js";

type Format = "table" | "json" | "mermaid" | "dot" | "svg" | "html";

interface Options {
  format: Format;
  json?: boolean;
  resolved?: boolean;
  placement?: boolean;
  health: boolean;
}

export default defineCommand<Options>({
  args: "[service...]",
  options: [
    {
      flags: "--format <format>",
      does: "Format the output: table, json, or a diagram: mermaid, dot, svg, html",
      choices: ["table", "json", "mermaid", "dot", "svg", "html"],
      default: "table",
    },
    { flags: "--json", does: "Same as --format json", hidden: true },
    { flags: "--resolved", does: "Include default values" },
    { flags: "--placement", does: "Show how many replicas of each service run on each host, and why" },
    { flags: "--no-health", does: "Draw diagrams without asking the engines for status" },
  ],
  details:
    "The table is made without contacting engines. Diagrams show the status of services, and mark hosts that do not\n" +
    "answer.",
  examples: [
    ["show", "list hosts and the services on them"],
    ["show web", "show the configuration of a service"],
    ["show --format svg > shop.svg", "write a diagram"],
  ],

  run: async (context, { args, options }) => {
    const format = options.json ? "json" : options.format;
    if (options.placement) return showPlacement(context, format);
    if (args.length > 0) return showServices(context, args, format, options.resolved ?? false);
    const topology = await topologyFor(context, format, options.health);
    context.out.block(await drawings[format](topology, context.out.width));
  },
});

const drawings: Record<Format, (topology: Topology, width: number | undefined) => string | Promise<string>> =
  {
    table: topologyTable,
    json: (topology) => jsonText(topology, 2),
    mermaid,
    dot,
    svg,
    html,
  };

async function topologyFor(context: Context, format: Format, health: boolean): Promise<Topology> {
  const application = await context.application();
  const isDiagram = format !== "table" && format !== "json";
  const file = application.project?.files[0];
  const title = isDiagram || file === undefined || file === "-" ? application.name : basename(file);
  const isKnown = application.project !== undefined || application.state !== undefined;
  const isPicture = isDiagram && health;
  if (isKnown && !isPicture) return topologyOf(title, application);
  await knownMembers(context);
  const found = await context.live();
  const live = { ...found, services: await withKnownChecks(context, found.services) };
  return topologyOf(title, application, {
    live,
    checks: await checkAll(live.services, context.env, context.signal),
  });
}

async function showPlacement(context: Context, format: Format): Promise<void> {
  const { project } = await context.application();
  const members = await knownMembers(context);
  const services: Record<string, Record<string, number>> = {};
  for (const { service, host, replicas } of members) (services[service] ??= {})[host.name] = replicas;
  if (format === "json") return context.out.json(services);
  if (project) return context.out.block(printPlacement(project, services));
  const rows = members.map(({ service, host, replicas }) => [service, host.name, String(replicas)]);
  context.out.block(
    await box({
      title: "placement",
      rows: [["service", "host", "containers"], ...rows],
      width: context.out.width,
    }),
  );
}

async function showServices(
  context: Context,
  patterns: string[],
  format: Format,
  resolved: boolean,
): Promise<void> {
  const members = await knownMembers(context);
  const names = [...new Set(select(patterns, members).map(({ service }) => service))];
  const services = await definitions(context, resolved);
  const unknown = names.find((name) => services[name] === undefined);
  if (unknown !== undefined)
    throw new K2Error(
      "not-found",
      `${unknown} is running, but neither a compose file nor the state here has its configuration`,
      {
        hint: "Run the command in the project's folder, or use -f FILE.",
      },
    );
  if (format === "json")
    return context.out.json(Object.fromEntries(names.map((name) => [name, services[name]])));
  if (format !== "table")
    throw new K2Error("usage", `services can be shown as table or json, not as ${format}`);
  for (const name of names) {
    const words = Object.entries(services[name] ?? {}).filter(([, value]) => value != null);
    const rows = words.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [key, valueLines(value)]);
    context.out.block(await box({ title: name, rows, width: context.out.width }));
  }
}

/** From the compose file, or from the state if there is none. */
async function definitions(context: Context, resolved: boolean): Promise<Record<string, object>> {
  const { project, state } = await context.application();
  if (!project)
    return Object.fromEntries((state?.services ?? []).map(({ inputs }) => [inputs.service, inputs]));
  if (resolved) return { ...project.services };
  const { services } = await load({ ...(await context.loadOptions()), normalize: false });
  return { ...services };
}

function valueLines(value: unknown): string[] {
  return (typeof value === "object" ? stringify(value).trimEnd() : String(value)).split("\n");
}
