/** Swarms as their managers know them: shared by all resources of a run before a change, and fresh for a change. */
import type { Engine } from "../../engine/connection/connect.js";
import { askManager, managerAmong, observeSwarm } from "../../engine/swarm/observe.js";
import { membersNow } from "./members.js";
import { K2Error } from "../../shared/errors.js";
import type { HostRef } from "../../model/kinds.js";
import { memberOf } from "../../model/observed.js";
import type { ManagersAnswer, SwarmObservation } from "../../model/swarm/observation.js";
import type { Call } from "./handler.js";

interface Swarm {
  /** In the order in which they are asked. */
  hosts: HostRef[];
  /** The swarm of the state. */
  clusterId?: string | undefined;
}

/** For check and diff. All resources of the swarm share the answers. */
export async function observedSwarm(swarm: Swarm, call: Call): Promise<SwarmObservation> {
  const members = await membersOf(swarm.hosts, call);
  const manager = managerAmong({ ...swarm, members });
  if (!manager) return { members };
  const ask = () => askManager(manager, call.session.engine(manager), call.signal);
  return { members, known: await call.memory.managersAnswer(manager, ask) };
}

async function membersOf(hosts: HostRef[], { memory }: Call): Promise<SwarmObservation["members"]> {
  const found = hosts.map(async (host) => {
    const seen = await memory.snapshotIfReachable(host);
    return [host.name, seen && memberOf(seen)] as const;
  });
  return Object.fromEntries(await Promise.all(found));
}

/** For a change: what the hosts and a manager report now. */
export async function freshSwarm(swarm: Swarm, call: Call): Promise<SwarmObservation> {
  const members = await membersNow(swarm.hosts, call);
  return observeSwarm({ ...swarm, members }, (host) => call.session.engine(host), call.signal);
}

/** The managers of the file, then those of the state that left it. */
export function hostsToAsk(
  { managers }: { managers: HostRef[] },
  { managers: before = [] }: { managers?: HostRef[] },
): HostRef[] {
  const names = new Set(managers.map(({ name }) => name));
  return [...managers, ...before.filter(({ name }) => !names.has(name))];
}

/** Throws K2Error if no manager answers for the swarm. */
export function managerIn(observed: SwarmObservation, hosts: HostRef[]): ManagersAnswer {
  if (observed.known) return observed.known;
  throw noManager(observed, hosts);
}

/** The first manager that answers now. */
export async function managerOf(swarm: Swarm, call: Call): Promise<Engine> {
  const members = await membersNow(swarm.hosts, call);
  const manager = managerAmong({ ...swarm, members });
  if (!manager) throw noManager({ members }, swarm.hosts);
  return call.session.engine(manager);
}

function noManager({ members }: SwarmObservation, hosts: HostRef[]): K2Error {
  const lost = hosts.find(({ name }) => members[name]?.error !== undefined);
  const names = hosts.map(({ name }) => name).join(", ");
  if (lost)
    return new K2Error("engine", `the swarm does not answer: ${members[lost.name]?.error ?? ""}`, {
      at: lost.name,
      hint: "Bring the other managers back. If they are lost, run `docker swarm init --force-new-cluster` on a manager that is left.",
    });
  const silent = hosts.filter(({ name }) => members[name] === undefined);
  const why =
    silent.length === hosts.length
      ? `no manager of the swarm answers (${names})`
      : `no host that answers is a manager of the swarm (${names})`;
  return new K2Error(silent.length > 0 ? "unreachable" : "engine", why, {
    hint: "Run the command again when one of them is reachable.",
  });
}
