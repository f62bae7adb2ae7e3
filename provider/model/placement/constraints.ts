/** `deploy.placement` in swarm's syntax. Only constraints that the file itself can answer are supported. */
import type { HostDefinition, Project } from "../../compose/types.js";
import { K2Error } from "../../shared/errors.js";
import { propertyOf } from "../../shared/lookup.js";

/** `subject`: the host's name, one of its labels, or a service that is on it. */
export type Constraint = { text: string; equal: boolean; value: string } & (
  { subject: "hostname" | "service" } | { subject: "label"; label: string }
);

const syntax = /^\s*([A-Za-z_][\w.-]*)\s*(==|!=)\s*(.+?)\s*$/;
const label = /^node\.labels\.(.+)$/i;

export function constraintsOf(project: Project, name: string): Constraint[] {
  const written = propertyOf(project.services, name).deploy?.placement?.constraints ?? [];
  return written.map((text, at) =>
    parseConstraint(project, `services.${name}.deploy.placement.constraints`, text, at),
  );
}

/** Returns the host labels over whose values the replicas are spread, most important first. */
export function spreadLabels(project: Project, name: string): string[] {
  const path = `services.${name}.deploy.placement.preferences`;
  return (propertyOf(project.services, name).deploy?.placement?.preferences ?? []).map(({ spread }, at) => {
    const key = label.exec(spread)?.[1];
    if (key !== undefined) return key;
    throw refuse(
      project,
      path,
      at,
      `cannot spread over "${spread}"`,
      "Spread over node.labels.NAME, and set labels on the hosts.",
    );
  });
}

/** Whether a host satisfies a constraint. As in swarm, names and values are case-insensitive, and a missing label equals no value. */
export function holds(constraint: Constraint, host: string, definition: HostDefinition): boolean {
  const label = constraint.subject === "label" ? definition.labels?.[constraint.label] : undefined;
  const actual = constraint.subject === "hostname" ? host : label;
  return (actual?.toLowerCase() === constraint.value.toLowerCase()) === constraint.equal;
}

function parseConstraint(project: Project, path: string, text: string, at: number): Constraint {
  const match = syntax.exec(text);
  if (!match)
    throw refuse(
      project,
      path,
      at,
      `invalid constraint "${text}"`,
      "Use node.hostname or node.labels.NAME, == or !=, and a value.",
    );
  const [, subject = "", operator, value = ""] = match;
  const common = { text: `${subject} ${operator} ${value}`, equal: operator === "==", value };
  if (subject.toLowerCase() === "node.hostname") return { ...common, subject: "hostname" };
  if (subject === "service") return { ...common, subject: "service" };
  const key = label.exec(subject)?.[1];
  if (key !== undefined) return { ...common, subject: "label", label: key };
  throw refuse(project, path, at, `"${subject}" is not supported: ${whyUnsupported(subject)}`, hint);
}

const hint = "Set a label on the hosts, and use node.labels.NAME == VALUE here.";

function whyUnsupported(subject: string): string {
  if (/^node\.role$/i.test(subject)) return "hosts are plain engines, not managers or workers";
  if (/^(node\.(id|ip|platform\..+)|engine\.labels\..+)$/i.test(subject)) {
    return "services are placed before any engine is contacted";
  }
  return "supported are node.hostname, node.labels.NAME and service";
}

function refuse(project: Project, path: string, index: number, what: string, hint: string): K2Error {
  const at = project.positionOf(`${path}.${index}`) ?? project.positionOf(path);
  return new K2Error("unsupported", `${path}: ${what}`, { at, hint });
}
