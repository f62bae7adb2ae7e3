/** `host` of services that run on the swarm: one constraint for each, and the node labels that it needs. */
import { addTo } from "../../shared/grouped.js";
import { placeLabel, placePrefix, swarmLabel } from "./swarm-labels.js";
import type { ObservedSwarmService } from "./observed.js";
import { parseConstraint } from "./placement.js";

export interface PlacedService {
  service: string;
  /** `host` as the file writes it. */
  patterns: string[];
  /** The hosts that the patterns mean, also those outside the swarm. */
  hosts: string[];
}

export interface SwarmPlacement {
  /** The constraint of each service with `host`. */
  constraints: Record<string, string>;
  /** Labels of each host, besides the host's name. */
  labels: Record<string, Record<string, string>>;
  /** Replicas of each service whose file sets none: one for each host. */
  replicas: Record<string, number>;
  problems: PlacementProblem[];
}

export interface PlacementProblem {
  /** "services.web.host" */
  path: string;
  what: string;
  hint: string;
}

/** `members`: the hosts in the swarm. Patterns mean only these; the name of another host is a mistake. */
export function placementInSwarm(
  project: string,
  services: PlacedService[],
  members: string[],
): SwarmPlacement {
  const placement: SwarmPlacement = { constraints: {}, labels: {}, replicas: {}, problems: [] };
  const labels = new Map<string, string[]>();
  for (const each of services) {
    const { service } = each;
    const hosts = each.hosts.filter((host) => members.includes(host));
    placement.problems.push(...problemsOf(each, members));
    const [first] = hosts;
    if (first === undefined) continue;
    placement.replicas[service] = hosts.length;
    placement.constraints[service] = constraintFor(project, service, hosts);
    if (hosts.length > 1) for (const host of hosts) addTo(labels, host, placeLabel(project, service));
  }
  for (const [host, keys] of labels)
    placement.labels[host] = Object.fromEntries(keys.map((key) => [key, "true"]));
  return placement;
}

/** Constraints only compare, and all of them must hold, so that several hosts need a label of their own. */
function constraintFor(project: string, service: string, hosts: string[]): string {
  const [only, ...others] = hosts;
  return others.length === 0
    ? `node.labels.${swarmLabel.host}==${only ?? ""}`
    : `node.labels.${placeLabel(project, service)}==true`;
}

function problemsOf({ service, patterns, hosts }: PlacedService, members: string[]): PlacementProblem[] {
  const path = `services.${service}.host`;
  const others = hosts.filter((host) => patterns.includes(host) && !members.includes(host));
  if (others.length > 0)
    return others.map((host) => ({
      ...{ path, what: `host ${host} is not in the swarm, and the service runs on the swarm` },
      hint: "Set `swarm: worker` on the host, or `swarm: false` on the service.",
    }));
  if (hosts.some((host) => members.includes(host))) return [];
  const names = members.length === 0 ? "none" : members.join(", ");
  return [
    {
      ...{ path, what: `${patterns.join(", ")} matches no host of the swarm (hosts of the swarm: ${names})` },
      hint: "Name one of these hosts, or set `swarm: worker` on another one.",
    },
  ];
}

/** The scheduler compares values without regard to case, so that such hosts would be one. */
export function hostsAlike(members: string[]): PlacementProblem[] {
  const groups = new Map<string, string[]>();
  for (const host of members) addTo(groups, host.toLowerCase(), host);
  return [...groups.values()].flatMap(([first, second]) =>
    first === undefined || second === undefined
      ? []
      : [
          {
            path: `hosts.${second}`,
            what: `hosts ${first} and ${second} differ only in case, which a swarm's constraints ignore`,
            hint: "Rename one of them.",
          },
        ],
  );
}

/**
 * Returns the place labels that a service's present or previous specification names. They stay until it names others:
 * without them, its tasks would be stopped before the update, and could not be started by a rollback.
 */
export function placeLabelsInUse(project: string, services: ObservedSwarmService[]): Set<string> {
  const specs = services.flatMap(({ spec, previousSpec }) => [spec, previousSpec]);
  const constraints = specs.flatMap((spec) => spec?.TaskTemplate.Placement?.Constraints ?? []);
  const keys = constraints.map((text) => parseConstraint(text)?.key ?? "");
  const labels = keys.flatMap((key) => /^node\.labels\.(.+)$/i.exec(key)?.[1] ?? []);
  return new Set(labels.filter((name) => name.startsWith(placePrefix(project))));
}
