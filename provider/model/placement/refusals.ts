/** Reasons why a host is not suitable, as data and as an error message. */
import type { Project } from "../../compose/types.js";
import { K2Error } from "../../shared/errors.js";
import { addTo } from "../../shared/grouped.js";

type RuleName =
  | "host"
  | "deploy.placement.constraints"
  | "deploy.placement.max_replicas_per_node"
  | "deploy.resources.reservations"
  | "ports"
  | "container_name"
  | "affinity";

export interface Refusal {
  rule: RuleName;
  /** The reason as text: "port 80 is already allocated to web". */
  why: string;
}

/** Refusals by host. */
export type Refusals = Map<string, Refusal>;

const hints: Record<RuleName, string> = {
  host: "Select another host, or end the draining of one of them.",
  "deploy.placement.constraints":
    "Relax the constraint, or add a label that satisfies it to a host under `hosts`.",
  "deploy.placement.max_replicas_per_node": "Reduce the replicas, allow more per host, or add hosts.",
  "deploy.resources.reservations": "Reduce the reservation, increase the capacity of a host, or add hosts.",
  ports: "Publish other ports or a range of ports, reduce the replicas, or add hosts.",
  container_name: "A container name is unique on an engine: remove it, or select other hosts.",
  affinity:
    "Services that share namespaces, links or volumes run on one host: select the same hosts for all of them.",
};

/** Returns the error if no host is suitable. It names the rule of the first refusal. */
export function refuseAll(project: Project, service: string, refused: Refusals, which = ""): K2Error {
  const rule = [...refused.values()][0]?.rule ?? "host";
  const path = `services.${service}${rule === "affinity" ? "" : `.${rule}`}`;
  const text = `no suitable host${which}${refused.size === 0 ? "" : `: ${reasons(refused)}`}`;
  return new K2Error("invalid-file", `${path}: ${text}`, {
    at: position(project, service, path),
    hint: hints[rule],
  });
}

/** Returns the error of a service that must run on each of its hosts, but cannot run on one of them. */
export function refuseOne(project: Project, service: string, host: string, { rule, why }: Refusal): K2Error {
  const path = `services.${service}${rule === "affinity" ? "" : `.${rule}`}`;
  const what = `${path}: must run on each of its hosts; on ${host}: ${why}`;
  return new K2Error("invalid-file", what, { at: position(project, service, path), hint: hints[rule] });
}

function position(project: Project, service: string, path: string) {
  return project.positionOf(path) ?? project.positionOf(`services.${service}`);
}

function reasons(refused: Refusals): string {
  const hosts = new Map<string, string[]>();
  for (const [host, { why }] of refused) addTo(hosts, why, host);
  const all = [...hosts].map(([why, names]) => `on ${names.join(", ")}: ${why}`);
  // With fifty hosts, there can be fifty different reasons.
  return [...all.slice(0, 6), ...(all.length > 6 ? [`and ${all.length - 6} more reasons`] : [])].join("; ");
}
