/** Nodes of a swarm: their host in the file, and whether the scheduler may use them for a service. */
import type { ObservedNode } from "./observed.js";
import { parseConstraint } from "./placement.js";
import type { ServiceSpec } from "./spec-types.js";
import { swarmLabel } from "./swarm-labels.js";

/** Returns the host's name in the file. A node without a host of ours has its hostname, which may not be unique. */
export function hostOf(node: ObservedNode): string {
  return node.labels[swarmLabel.host] ?? node.hostname;
}

/** Returns the host of a node id; the id for a node that left the swarm. */
export function hostOfId(nodes: ObservedNode[], id: string): string {
  const node = nodes.find((each) => each.id === id);
  return node === undefined ? id : hostOf(node);
}

/** "unknown" and "disconnected" are the states of a moment, for instance after a change of the leader. */
export function isDown(node: ObservedNode): boolean {
  return node.state === "down";
}

/** Returns the nodes on which a global service or job has a task. The scheduler checks platforms and resources only later. */
export function nodesForGlobal(spec: ServiceSpec, nodes: ObservedNode[]): ObservedNode[] {
  const constraints = spec.TaskTemplate.Placement?.Constraints ?? [];
  return nodes.filter(
    (node) =>
      !isDown(node) && node.availability === "active" && constraints.every((text) => satisfies(node, text)),
  );
}

/** Names of labels are case-sensitive, values are not, and a missing label is empty. A key that the list of nodes does not contain is ignored. */
export function satisfies(node: ObservedNode, text: string): boolean {
  const constraint = parseConstraint(text);
  const actual = constraint && valueOf(node, constraint.key);
  if (constraint === undefined || actual === undefined) return true;
  return (actual.toLowerCase() === constraint.value.toLowerCase()) === (constraint.operator === "==");
}

/** Undefined: unknown. */
function valueOf(node: ObservedNode, key: string): string | undefined {
  const [, of, label = ""] = /^(node|engine)\.labels\.(.+)$/i.exec(key) ?? [];
  if (of?.toLowerCase() === "node") return node.labels[label] ?? "";
  if (of !== undefined) return node.engineLabels && (node.engineLabels[label] ?? "");
  const values: Record<string, string | undefined> = {
    "node.id": node.id,
    "node.hostname": node.hostname,
    "node.role": node.role,
    "node.platform.os": node.os,
    "node.platform.arch": node.arch,
  };
  return values[key.toLowerCase()];
}
