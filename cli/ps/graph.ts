/** `ps --json`: the original k2-compose's graph of hosts and services. */
import type { Line } from "./rows.js";
import { statusCodes } from "../application/status.js";

interface Node {
  id: string;
  type: "host" | "container";
  name: string;
  status: string;
  statusCode: number;
  [more: string]: unknown;
}

interface Edge {
  from: string;
  to: string;
  type: "runs_on" | "depends_on";
}

interface Graph {
  id: string;
  /** Milliseconds. */
  updatedAt: number;
  nodes: Node[];
  edges: Edge[];
}

export function graphOf(project: string, lines: Line[], now: number): Graph {
  const hosts = new Map(lines.map(({ service }) => [service.host.name, service.at]));
  const nodes = [...hosts.values()].map(({ host, error }): Node => ({
    ...{ id: `host:${host.name}`, type: "host", name: host.name, address: host.address },
    ...{ status: error ? "unreachable" : "connected", statusCode: error ? 0 : 1 },
  }));
  const edges: Edge[] = [];
  for (const { service, status } of lines) {
    const id = `container:${service.service}@${service.host.name}`;
    const { text, reason } = status;
    nodes.push({
      ...{
        id,
        type: "container",
        name: service.service,
        host: service.host.name,
        status: status.status,
        text,
      },
      ...{ statusCode: statusCodes[status.status], containers: service.containers.map(({ name }) => name) },
      ...(reason !== undefined && { reason }),
    });
    edges.push({ from: id, to: `host:${service.host.name}`, type: "runs_on" });
    for (const { service: other } of lines) {
      const to = `container:${other.service}@${other.host.name}`;
      if (service.dependsOn.includes(other.service)) edges.push({ from: id, to, type: "depends_on" });
    }
  }
  return { id: project, updatedAt: now, nodes, edges };
}
