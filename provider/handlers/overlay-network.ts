/**
 * Networks that belong to a swarm rather than to an engine. Only managers create and remove them; workers of the swarm
 * learn of one when a container refers to it by name.
 */
import { sleep } from "../engine/connection/deadline.js";
import type { InspectedNetwork } from "../engine/observe/inspect.js";
import { readMember } from "../engine/swarm/member.js";
import { removeNetwork } from "../engine/resources/remove-network.js";
import { K2Error } from "../shared/errors.js";
import type { HostRef, NetworkContext, NetworkInputs, NetworkOutputs } from "../model/kinds.js";
import { activeMember, type SwarmMember } from "../model/observed.js";
import { mayChange } from "../model/ownership.js";
import type { Call } from "./process/handler.js";
import { membersNow } from "./process/members.js";

export type SwarmPlace = NonNullable<NetworkOutputs["swarm"]>;

export function isOverlay({ driver, external }: NetworkInputs): boolean {
  return driver === "overlay" && !external;
}

/**
 * Returns the place of the network in the host's swarm, or undefined for an external network without a swarm. Throws
 * K2Error if an overlay network is impossible.
 */
export async function swarmOf(
  inputs: NetworkInputs,
  { hosts = [], home }: NetworkContext,
  call: Call,
): Promise<SwarmPlace | undefined> {
  const { host, name } = inputs;
  const member = await membershipOf(host, call);
  if (!member && inputs.external) return undefined;
  if (!member) throw inNoSwarm(name, host);
  const manager = member.control ? host : await managerAmong(hosts, member, call);
  if (!manager && inputs.external) return undefined;
  if (!manager) throw noManager(name, host);
  return { manager, home: home === host.name };
}

/** Now: this run may have formed the swarm. */
async function membershipOf(host: HostRef, call: Call): Promise<SwarmMember | undefined> {
  return activeMember(await readMember(call.session.engine(host), call.signal));
}

/** A host that does not answer is skipped: another manager is sufficient. */
async function managerAmong(
  hosts: HostRef[],
  { managerIds = [] }: SwarmMember,
  call: Call,
): Promise<HostRef | undefined> {
  const members = await membersNow(hosts, call);
  return hosts.find(({ name }) => {
    const member = members[name];
    return member?.control && managerIds.includes(member.nodeId ?? "");
  });
}

function inNoSwarm(name: string, host: HostRef): K2Error {
  return new K2Error("unsupported", `${name} is an overlay network, and this engine is not in a swarm`, {
    at: host.name,
    hint: "Overlay networks need a swarm: run docker swarm init on one of the hosts, and on the others the command that docker swarm join-token worker prints there.",
  });
}

function noManager(name: string, host: HostRef): K2Error {
  return new K2Error(
    "unsupported",
    `no reachable host is a manager of this host's swarm, and only managers create the overlay network ${name}`,
    {
      at: host.name,
      hint: `Declare a manager under hosts: (docker node ls lists them), or create the network yourself and set external: true.`,
    },
  );
}

/** Its containers have just been removed, which managers learn a moment later. */
export async function removeFromSwarm(
  look: () => Promise<InspectedNetwork | undefined>,
  state: NetworkInputs & NetworkOutputs,
  manager: HostRef,
  call: Call,
): Promise<void> {
  const there = await look();
  if (!there || !mayChange(there.Labels ?? {}, { stack: state.stack })) return;
  const refusal = await removeNetwork(call.session.engine(manager), there.Id, patience, call.signal);
  if (refusal) return call.warn(`network ${state.name} is kept: ${refusal.what}`);
  // The manager lists it until its own last task has ended, and the next deployment would take it for present.
  const end = performance.now() + patience;
  while (performance.now() < end && (await look())) await sleep(200, call.signal);
}

/** Milliseconds. */
const patience = 20_000;
