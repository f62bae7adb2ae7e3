/**
 * The creation of a network whose subnet or bridge an earlier one has: its own former self, or another network of the
 * project. docs/decisions/changing-hands.md
 */
import { withId } from "../engine/connection/answer-shape.js";
import type { Engine } from "../engine/connection/connect.js";
import { findNetwork, type InspectedNetwork } from "../engine/observe/inspect.js";
import { listNetworks } from "../engine/observe/list.js";
import { disconnectAll, joinAll, type Member, membersOf } from "../engine/containers/network-members.js";
import { removeNetwork } from "../engine/resources/remove-network.js";
import { networkTakesOf } from "../model/changes/network-takes.js";
import type { NetworkContext, NetworkInputs } from "../model/kinds.js";
import { label } from "../model/labels.js";
import { Aftermath, K2Error, messageOf } from "../shared/errors.js";
import type { Call } from "./process/handler.js";

interface Removed {
  network: InspectedNetwork;
  members: Member[];
  /** It is created again by its own resource, with another definition. */
  stays: boolean;
}

/** Milliseconds until an engine notices that a network is unused. */
export const patience = 2000;

/**
 * Removes `former` and what has the network's subnet or bridge, creates it, and lets the containers join it. If that
 * fails, everything is as before. The caller holds the engine's lock for networks.
 */
export async function createInPlace(
  inputs: NetworkInputs,
  context: NetworkContext,
  call: Call,
  create: () => Promise<string>,
  former?: InspectedNetwork,
): Promise<string> {
  const engine = call.session.engine(inputs.host);
  const removed: Removed[] = [];
  try {
    if (former) removed.push(await remove(former, { stays: false }, inputs, call));
    for (const { from, stays } of networkTakesOf(inputs, context, await listNetworks(engine, call))) {
      const there = await findNetwork(engine, from.id, call.signal);
      if (there) removed.push(await remove(there, { stays }, inputs, call));
    }
    const created = await create();
    for (const { network, members, stays } of removed) {
      // Its containers wait for it: in this one they could reach containers from which they are kept apart.
      if (stays) call.memory.park(inputs.host, network.Name, members);
      else await joinAll(engine, created, members);
    }
    await joinAll(engine, created, call.memory.unpark(inputs.host, inputs.name));
    return created;
  } catch (error) {
    throw await restored(engine, removed, error);
  }
}

async function remove(
  network: InspectedNetwork,
  { stays }: Pick<Removed, "stays">,
  inputs: NetworkInputs,
  call: Call,
): Promise<Removed> {
  const engine = call.session.engine(inputs.host);
  const members = await membersOf(engine, network, call.signal);
  if (network.Name !== inputs.name && !stays) assertOwn(network, members, inputs);
  call.progress({ op: "rebuild", host: inputs.host.name, text: `rebuild ${inputs.name}` });
  await disconnectAll(engine, network.Id, members);
  const refusal = await removeNetwork(engine, network.Id, patience);
  if (!refusal) return { network, members, stays };
  const others = Object.values((await findNetwork(engine, network.Id))?.Containers ?? {});
  await joinAll(engine, network.Id, members);
  throw new K2Error("conflict", `network ${network.Name} cannot be recreated: ${refusal.what}`, {
    at: inputs.host.name,
    hint: `${whyUsed(others.map(({ Name }) => Name))}, then \`up\` again. Its containers are still connected to it.`,
  });
}

function whyUsed(users: string[]): string {
  return users.length > 0
    ? `${users.join(", ")} joined it meanwhile: wait until that is done`
    : "No container was connected to it, so the engine has miscounted: restart the engine";
}

/** Containers of others would move to a network that they do not know. */
function assertOwn(
  network: InspectedNetwork,
  members: Member[],
  { project, host, name }: NetworkInputs,
): void {
  if (members.every(({ labels }) => labels[label.project] === project)) return;
  throw new K2Error(
    "conflict",
    `network ${name} cannot replace ${network.Name}: containers of other projects use it`,
    {
      at: host.name,
      hint: `Disconnect them from ${network.Name}, or give ${name} another subnet and bridge.`,
    },
  );
}

async function restored(engine: Engine, removed: Removed[], error: unknown): Promise<unknown> {
  const words: string[] = [];
  for (const { network, members } of [...removed].reverse()) {
    try {
      const { Id } = await engine.post<{ Id: string }>("/networks/create", {
        shape: withId,
        body: recreationBody(network),
      });
      await joinAll(engine, Id, members);
      words.push(`network ${network.Name} is restored`);
    } catch (second) {
      words.push(`network ${network.Name} could not be restored: ${messageOf(second)}`);
    }
  }
  return words.length === 0 ? error : new Aftermath("handled", error, words.join("\n  "));
}

/** Returns the body that creates an inspected network again. */
function recreationBody(network: InspectedNetwork): object {
  const { Name, Driver, Options, IPAM, Internal, Attachable, EnableIPv4, EnableIPv6, Labels } = network;
  return { Name, Driver, Options, IPAM, Internal, Attachable, EnableIPv4, EnableIPv6, Labels };
}
