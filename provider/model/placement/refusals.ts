/** Why a host does not do, as data and as the error that a user reads. */
import type { Project } from "../../compose/types.js";
import { K2Error } from "../../shared/errors.js";

type RuleName =
  | "host"
  | "deploy.placement.constraints"
  | "deploy.placement.max_replicas_per_node"
  | "deploy.resources.reservations"
  | "ports"
  | "container_name"
  | "company";

export interface Refusal {
  rule: RuleName;
  /** As a sentence about the host: "port 80 is taken by web". */
  why: string;
}

/** By host. */
export type Refusals = Map<string, Refusal>;

const hints: Record<RuleName, string> = {
  host: "Name another host for it, or end the draining of one of those.",
  "deploy.placement.constraints": "Loosen the constraint, or give a host under hosts: what it asks for.",
  "deploy.placement.max_replicas_per_node": "Ask for fewer replicas, allow more on a host, or add hosts.",
  "deploy.resources.reservations": "Reserve less, raise the capacity of a host, or add hosts.",
  ports: "Publish other ports or a range of them, ask for fewer replicas, or add hosts.",
  container_name: "A name is given once on an engine: leave it out, or name other hosts.",
  company:
    "Services that share namespaces, links or volumes run on one host: name the same hosts for all of them.",
};

/** No host does. The first refusal's rule is the one that is named. */
export function refuseAll(project: Project, service: string, refused: Refusals, which = ""): K2Error {
  const rule = [...refused.values()][0]?.rule ?? "host";
  const path = `services.${service}${rule === "company" ? "" : `.${rule}`}`;
  const text = refused.size === 0 ? "no host is left" : `no host does${which}: ${reasons(refused)}`;
  return new K2Error("invalid-file", `${path}: ${text}`, {
    at: position(project, service, path),
    hint: hints[rule],
  });
}

/** One that must be on each of its hosts is refused by one of them. */
export function refuseOne(project: Project, service: string, host: string, { rule, why }: Refusal): K2Error {
  const path = `services.${service}${rule === "company" ? "" : `.${rule}`}`;
  const what = `${path}: one is to be on each of its hosts, but on ${host} ${why}`;
  return new K2Error("invalid-file", what, { at: position(project, service, path), hint: hints[rule] });
}

function position(project: Project, service: string, path: string) {
  return project.positionOf(path) ?? project.positionOf(`services.${service}`);
}

function reasons(refused: Refusals): string {
  const hosts = new Map<string, string[]>();
  for (const [host, { why }] of refused) hosts.set(why, [...(hosts.get(why) ?? []), host]);
  const all = [...hosts].map(([why, names]) => `on ${names.join(", ")} ${why}`);
  // On fifty hosts a port may be taken by fifty others.
  return [...all.slice(0, 6), ...(all.length > 6 ? [`and ${all.length - 6} more reasons`] : [])].join("; ");
}
