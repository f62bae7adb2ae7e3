/** The topology as text: the original k2-compose's table, mermaid. */
import { oneLine } from "../../provider/shared/foreign-text.js";
import { byNumber } from "../terminal/natural-order.js";
import { box, type Cell } from "../terminal/table.js";
import type { Topology, TopologyService } from "./topology.js";

export function topologyTable({ title, hosts }: Topology, width?: number): Promise<string> {
  const rows = hosts.map(({ name, address, services }): Cell[] => [
    name,
    address,
    services
      .map((service) => `- ${service.name}${service.replicas === 1 ? "" : ` x${service.replicas}`}`)
      .sort(byNumber.compare),
  ]);
  return box({ title, rows: [["host", "dockerHost", "services"], ...rows], width });
}

export function mermaid({ hosts, edges }: Topology): string {
  const lines = ["flowchart TB"];
  for (const { name, address, services } of hosts) {
    lines.push(`  subgraph ${id(`host ${name}`)}["${quote(`${name} ${address}`)}"]`);
    for (const service of services)
      lines.push(`    ${id(service.id)}["${labelLines(service).map(quote).join("<br/>")}"]`);
    lines.push("  end");
  }
  for (const { from, to } of edges) lines.push(`  ${id(from)} --> ${id(to)}`);
  return lines.join("\n");
}

/** Text in a service's box. */
export function labelLines({ name, image, replicas, ports, text }: TopologyService): string[] {
  const head = replicas === 1 ? name : `${name} x${replicas}`;
  return [text === undefined ? head : `${head}: ${text}`, image, ports.join(" ")].filter(
    (line) => line !== "",
  );
}

/** Mermaid accepts only letters, digits and _. */
function id(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9]/g, (character) => `_${character.charCodeAt(0).toString(16)}_`);
}

function quote(text: string): string {
  return oneLine(text).replaceAll('"', "#quot;");
}
