/** Diagrams in the DOT language, for Graphviz: `show --format dot`, and docker compose's `viz`. */
import type { Project } from "../../provider/compose/types.js";
import { builtImageName } from "../../provider/model/names.js";
import type { Application, Member } from "../application/application.js";
import { labelLines } from "./text.js";
import { type Topology, topologyOf } from "./topology.js";

interface Drawing {
  title: string;
  /** Statements about the whole graph. */
  style: string;
  groups: Group[];
  edges: Topology["edges"];
  indent: string;
}

interface Group {
  /** Draws a box around the nodes. */
  box?: { id: string; label: string };
  nodes: { id: string; attributes: string }[];
}

export function dot({ title, hosts, edges }: Topology): string {
  const groups = hosts.map(({ name, address, services }) => ({
    box: { id: name, label: `${name}\n${address}` },
    nodes: services.map((service) => ({
      id: service.id,
      attributes: `label=${quoted(labelLines(service).join("\n"))}`,
    })),
  }));
  return digraph({
    title,
    style: "rankdir=TB; node [shape=box, style=rounded];",
    groups,
    edges,
    indent: "  ",
  });
}

export interface VizOptions {
  image?: boolean;
  ports?: boolean;
  networks?: boolean;
  indent: string;
}

/** The same nodes and edges as docker compose's, sorted. Services of several hosts are grouped by host. */
export function viz(application: Application, options: VizOptions): string {
  const { name, project, members } = application;
  const shown = members.filter(({ definition }) => project === undefined || definition !== undefined);
  const { hosts, edges } = topologyOf(name, { ...application, members: shown });
  const used = hosts.filter(({ services }) => services.length > 0);
  const isOne = used.length < 2;
  const idOf = (id: string) => (isOne ? id.replace(/@.*/s, "") : id);
  const attributesOf = (id: string) => {
    const member = shown.find(({ service, host }) => `${service}@${host.name}` === id);
    return `style="filled" label=<${member ? htmlLabel(member, name, project, options) : ""}>`;
  };
  return digraph({
    title: name,
    style: "layout=dot;",
    groups: used.map(({ name: host, address, services }) => ({
      ...(!isOne && { box: { id: host, label: `${host}\n${address}` } }),
      nodes: services
        .map(({ id }) => ({ id: idOf(id), attributes: attributesOf(id) }))
        .sort((a, b) => (a.id < b.id ? -1 : 1)),
    })),
    edges: edges.map(({ from, to }) => ({ from: idOf(from), to: idOf(to) })),
    indent: options.indent,
  });
}

function digraph({ title, style, groups, edges, indent }: Drawing): string {
  const lines = [`digraph ${quoted(title)} {`, `${indent}${style}`];
  for (const { box, nodes } of groups) {
    const inner = box ? indent.repeat(2) : indent;
    if (box)
      lines.push(`${indent}subgraph ${quoted(`cluster_${box.id}`)} {`, `${inner}label=${quoted(box.label)};`);
    for (const { id, attributes } of nodes) lines.push(`${inner}${quoted(id)} [${attributes}];`);
    if (box) lines.push(`${indent}}`);
  }
  lines.push("");
  for (const { from, to } of edges) lines.push(`${indent}${quoted(from)} -> ${quoted(to)};`);
  return [...lines, "}"].join("\n");
}

function htmlLabel(
  { service, definition, deployed }: Member,
  name: string,
  project: Project | undefined,
  { image, ports, networks }: VizOptions,
): string {
  const words = definition ?? deployed?.inputs;
  const named = words?.image ?? builtImageName(name, service, project?.naming ?? "compose");
  const attached = Object.entries(words?.networks ?? {});
  const byPriority = attached.sort(
    ([a, one], [b, other]) => (other?.priority ?? 0) - (one?.priority ?? 0) || (a < b ? -1 : 1),
  );
  const published = (words?.ports ?? []).map(({ host_ip, published: outer = "", target, protocol, mode }) => {
    const at = host_ip === undefined ? "" : `${host_ip}:`;
    return `${at}${outer}:${target} (${protocol ?? "tcp"}, ${mode ?? "ingress"})`;
  });
  return [
    `<font point-size="15">${escaped(service)}</font>`,
    networks
      ? section(
          "Networks",
          byPriority.map(([key]) => key),
        )
      : "",
    ports ? section("Ports", published) : "",
    image ? section("Image", [named]) : "",
  ].join("");
}

function section(title: string, lines: string[]): string {
  if (lines.length === 0) return "";
  const text = lines.map((line) => `<br/>${escaped(line)}`).join("");
  return `<font point-size="10"><br/><br/><b>${title}:</b>${text}</font>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
