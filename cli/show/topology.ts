/** Hosts, the services on them, and dependencies: the data for every format of `show`. */
import { type Application } from "../application/application.js";
import { byNumber } from "../terminal/natural-order.js";
import type { Checks } from "../application/checks.js";
import { shownAddress } from "../application/display-address.js";
import type { Live, LiveService } from "../application/live-application.js";
import { portsOf } from "../ps/rows.js";
import { type Status, statusOf } from "../application/status.js";
import { waves } from "../application/dependency-waves.js";
import { entryOf } from "../../provider/shared/lookup.js";

export interface Topology {
  title: string;
  hosts: TopologyHost[];
  /** By IDs of services: the first depends on the second. */
  edges: { from: string; to: string }[];
}

export interface TopologyHost {
  name: string;
  address: string;
  /** Undefined if engines were not asked. */
  connected?: boolean;
  /** Dependents first. */
  services: TopologyService[];
}

export interface TopologyService {
  /** "web@b" */
  id: string;
  name: string;
  image: string;
  replicas: number;
  ports: string[];
  status?: Status;
  /** As printed by ps. */
  text?: string;
}

interface Seen {
  live: Live;
  checks: Checks;
}

export function topologyOf(title: string, application: Application, seen?: Seen): Topology {
  const members =
    seen?.live.services ??
    application.members.map((member) => ({ ...member, containers: [], at: { host: member.host } }));
  const depth = new Map(waves(members).flatMap((wave, at) => wave.map((member) => [member, at] as const)));
  const lived = new Set(members.map(({ host }) => host.name));
  // The default host is left out if all services name other hosts.
  const shown = application.hosts.filter(
    ({ name }) => lived.size === 0 || lived.has(name) || name !== application.project?.default_host,
  );
  const hosts = shown.map((host): TopologyHost => {
    const here = members.filter((member) => member.host.name === host.name);
    const ordered = here.sort(
      (a, b) => entryOf(depth, b) - entryOf(depth, a) || byNumber.compare(a.service, b.service),
    );
    const at = seen?.live.hosts.find((live) => live.host.name === host.name);
    return {
      ...{
        name: host.name,
        address: shownAddress(host.address),
        services: ordered.map((member) => serviceOf(member, seen)),
      },
      ...(at && { connected: at.error === undefined }),
    };
  });
  return { title, hosts: hosts.sort((a, b) => byNumber.compare(a.name, b.name)), edges: edgesOf(members) };
}

function serviceOf(member: LiveService, seen: Seen | undefined): TopologyService {
  const shown = seen && statusOf(member, seen.checks.get(member));
  return {
    id: `${member.service}@${member.host.name}`,
    name: member.service,
    image: (member.definition ?? member.deployed?.inputs)?.image ?? member.containers[0]?.image ?? "",
    replicas: member.replicas,
    ports: portsOf(member),
    ...(shown && { status: shown.status, text: shown.text }),
  };
}

function edgesOf(members: LiveService[]): Topology["edges"] {
  return members.flatMap((member) =>
    members
      .filter(({ service }) => member.dependsOn.includes(service))
      .map((other) => ({
        from: `${member.service}@${member.host.name}`,
        to: `${other.service}@${other.host.name}`,
      })),
  );
}
