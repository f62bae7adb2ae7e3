/** Services that must run on the same engine. */
import type { Project, Service } from "../../compose/types.js";
import { servicesIn } from "../reconcile/namespaces.js";
import type { Constraint } from "./constraints.js";
import { inDependencyOrder, reachable } from "../../shared/dependency-order.js";
import { K2Error } from "../../shared/errors.js";
import { entryOf, propertyOf } from "../../shared/lookup.js";
import { addTo } from "../../shared/grouped.js";

/** Returns the services whose namespaces or volumes a container of this one uses, by container id. */
export function sharedServices(service: Service): string[] {
  const { network_mode, ipc, pid, uts, cgroup } = service;
  const named = servicesIn([network_mode, ipc, pid, uts, cgroup]);
  const volumes = (service.volumes_from ?? [])
    .filter((from) => !from.startsWith("container:"))
    .map((from) => from.split(":")[0] ?? "");
  return [...new Set([...named, ...volumes])].sort();
}

/** Returns the services that a service links to. Links work on one engine only. */
export function linkedServices(service: Service): string[] {
  return (service.links ?? []).map((link) => link.split(":")[0] ?? "");
}

/** Groups of services that run together: a follower runs only on hosts of its leaders. */
export interface Affinity {
  leaders: Map<string, string[]>;
  followers: Map<string, string[]>;
  /** Each service is in exactly one group, leaders before followers. */
  groups: string[][];
}

export function affinityOf(project: Project, constraints: (name: string) => Constraint[]): Affinity {
  const leaders = new Map<string, string[]>();
  const followers = new Map<string, string[]>();
  const names = Object.keys(project.services).sort();
  for (const name of names) {
    const wanted = constraints(name).filter(({ subject, equal }) => subject === "service" && equal);
    const service = propertyOf(project.services, name);
    const all = [...sharedServices(service), ...linkedServices(service), ...wanted.map(({ value }) => value)];
    const present = [...new Set(all)].filter(
      (other) => other !== name && project.services[other] !== undefined,
    );
    leaders.set(name, present);
    for (const other of present) addTo(followers, other, name);
  }
  const groups = groupsOf(names, leaders, followers);
  for (const group of groups) checkDepth(project, group, leaders);
  return { leaders, followers, groups };
}

const maxDepth = 100;

/** Each service of a chain knows all that follow it, so their number grows with the square of its length. */
function checkDepth(project: Project, group: string[], leaders: Map<string, string[]>): void {
  const depths = new Map<string, number>();
  for (const name of group) {
    const depth = 1 + Math.max(0, ...entryOf(leaders, name).map((leader) => depths.get(leader) ?? 0));
    depths.set(name, depth);
    if (depth > maxDepth)
      throw new K2Error(
        "invalid-file",
        `services.${name}: more than ${maxDepth} services that must share a host form a chain`,
        {
          at: project.positionOf(`services.${name}`),
          hint: "network_mode, ipc, pid, volumes_from, links and constraints on services tie them together.",
        },
      );
  }
}

/** Returns the direct and indirect followers of a service. */
export function allFollowers(affinity: Affinity, name: string): string[] {
  const found = reachable([name], (leader) => affinity.followers.get(leader) ?? []);
  found.delete(name);
  return [...found];
}

function groupsOf(
  names: string[],
  leaders: Map<string, string[]>,
  followers: Map<string, string[]>,
): string[][] {
  const grouped = new Set<string>();
  return names.flatMap((name) => {
    if (grouped.has(name)) return [];
    const members = new Set([name]);
    for (const member of members) {
      for (const other of [...entryOf(leaders, member), ...(followers.get(member) ?? [])]) members.add(other);
    }
    for (const member of members) grouped.add(member);
    return [inDependencyOrder([...members].sort(), (member) => entryOf(leaders, member))];
  });
}
