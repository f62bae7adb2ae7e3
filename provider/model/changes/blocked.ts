/** Resources that a run does not reach, because a dependency failed or is on a host that does not answer. Pure. */
import type { Plan, PlanNode } from "../plan/node.js";

/** By id of a node that depends on a broken one: the id of the broken one. */
function blockedBy({ nodes }: Plan, broken: ReadonlySet<string>): Map<string, string> {
  const causes = new Map<string, string>();
  for (const { id, dependsOn } of nodes) {
    if (broken.has(id)) continue;
    const cause = dependsOn.map((other) => (broken.has(other) ? other : causes.get(other))).find(Boolean);
    if (cause !== undefined) causes.set(id, cause);
  }
  return causes;
}

interface Outcome {
  /** Ids of nodes with pending changes. */
  pending: ReadonlySet<string>;
  /** Ids of nodes that failed. */
  failed: ReadonlySet<string>;
  /** Hosts that do not answer. */
  away: ReadonlySet<string>;
}

/** The blocked nodes with pending changes, and the broken one of each, by id. */
export function blockedNodes(plan: Plan, { pending, failed, away }: Outcome): Map<string, string> {
  const silent = plan.nodes.filter(({ id }) => pending.has(id) && isOnAny(id, away)).map(({ id }) => id);
  const blocked = [...blockedBy(plan, new Set([...failed, ...silent]))];
  return new Map(blocked.filter(([id]) => pending.has(id) && !isOnAny(id, away)));
}

/** Whether the resource is on one of these hosts. */
export function isOnAny(id: string, hosts: ReadonlySet<string>): boolean {
  const [kind = "", name = ""] = splitId(id);
  return hosts.has(hostOf(kind, name));
}

/** Returns a sentence for each blocked service: "web@a is blocked: it waits for db@b, and b does not answer". */
export function blockedServices(plan: Plan, outcome: Outcome): string[] {
  const { away } = outcome;
  return [...blockedNodes(plan, outcome)].flatMap(([id, cause]) => {
    const [kind = "", name = ""] = splitId(id);
    if (kind !== "service") return [];
    const [causeKind = "", causeName = ""] = splitId(cause);
    const what =
      causeKind === "service" ? causeName : `the ${kindNames[causeKind] ?? causeKind} ${causeName}`;
    const host = hostOf(causeKind, causeName);
    const why = away.has(host) ? `${host} does not answer` : "that failed";
    return [`${name} is blocked: it waits for ${what}, and ${why}`];
  });
}

/** The same after a run that reports only the nodes that failed, or were skipped for that reason. */
export function skippedServices(plan: Plan, unmet: ReadonlySet<string>): string[] {
  const isFirst = ({ id, dependsOn }: PlanNode) =>
    unmet.has(id) && !dependsOn.some((other) => unmet.has(other));
  const failed = new Set(plan.nodes.filter(isFirst).map(({ id }) => id));
  return blockedServices(plan, { pending: unmet, failed, away: new Set() });
}

const kindNames: Record<string, string> = { healthCheck: "health check of", imageTag: "image tag" };

/** "service web@b" */
function splitId(id: string): string[] {
  const space = id.indexOf(" ");
  return [id.slice(0, space), id.slice(space + 1)];
}

function hostOf(kind: string, name: string): string {
  return kind === "host" ? name : (name.split("@")[1] ?? "");
}
