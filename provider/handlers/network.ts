import { withId } from "../engine/connection/answer-shape.js";
import { findNetwork, type InspectedNetwork } from "../engine/observe/inspect.js";
import { listNetworks } from "../engine/observe/list.js";
import { identityOf } from "../engine/observe/snapshot.js";
import { networkCreate } from "../engine/resources/network-options.js";
import { removeNetwork } from "../engine/resources/remove-network.js";
import { K2Error } from "../shared/errors.js";
import { networkDefinition, networkHash } from "../model/reconcile/config-hash.js";
import { type NetworkContext, type NetworkInputs, type NetworkOutputs, stateSchema } from "../model/kinds.js";
import { isAnotherNetwork, networkRecreationReasons } from "../model/changes/recreation.js";
import { networkTakeReasons } from "../model/changes/network-takes.js";
import { things } from "../model/changes/kinds.js";
import { assertOwnership, ownerLabels } from "../model/ownership.js";
import { label } from "../model/labels.js";
import type { ObservedNetwork } from "../model/observed.js";
import { createInPlace, patience } from "./network-handover.js";
import { mayRemove, named, notThere } from "./named-resource.js";
import { isOverlay, removeFromSwarm, swarmOf, type SwarmPlace } from "./overlay-network.js";
import type { Call } from "./process/handler.js";

/** A network of the project on one host; an external one is only looked up. */
export const network = named("network", {
  words: (inputs, context, seen, known) => [
    ...(known ? [] : networkRecreationReasons(inputs, seen)),
    ...networkTakeReasons(inputs, context, seen.networks),
  ],
  converge,

  async read({ name, swarm }, seen, call) {
    const atManager = swarm && (await call.memory.snapshotIfReachable(swarm.manager));
    const called = (network: ObservedNetwork) => network.name === name;
    const there = seen.networks.find(called) ?? atManager?.networks.find(called);
    if (!there && swarm && !atManager) return "unknown";
    return there && { networkId: there.id };
  },

  ids: ({ networkId }) => [networkId],

  isWanted: (state, call) =>
    state.swarm ? !state.swarm.home || call.memory.isClaimedAnywhere(things.network.id(state)) : undefined,

  async remove(state, call) {
    const { manager } = state.swarm ?? {};
    if (!manager)
      return call.memory.queue.run(`${state.engineId} networks`, () => removeFromEngine(state, call));
    const look = () => inspect({ ...state, host: manager }, call);
    return call.memory.queue.run(`swarm network ${state.name}`, () =>
      removeFromSwarm(look, state, manager, call),
    );
  },
});

async function removeFromEngine(state: NetworkInputs & NetworkOutputs, call: Call): Promise<void> {
  const there = await inspect(state, call);
  if (!mayRemove(there, state, state.networkId)) return;
  const keep = (why: string) => call.warn(`network ${state.name} on ${state.host.name} is kept: ${why}`);
  const before = usersOf(there);
  if (before.length > 0) return keep(`still in use by ${before.join(", ")}`);
  const refusal = await removeNetwork(call.session.engine(state.host), there.Id, patience, call.signal);
  if (!refusal) return;
  // A container may have joined since.
  const users = usersOf(await inspect(state, call));
  return keep(users.length > 0 ? `in use by ${users.join(", ")} now` : `${refusal.what}; ${miscounted}`);
}

function usersOf(there: InspectedNetwork | undefined): string[] {
  return Object.values(there?.Containers ?? {}).map(({ Name }) => Name);
}

/** Engines before 28.1 sometimes lose count: docs/decisions/miscounted-networks.md. */
const miscounted =
  "no container is connected to it, so the engine has miscounted: restart the engine, and the network can be removed; until then it works as before";

async function converge(inputs: NetworkInputs, context: NetworkContext, call: Call): Promise<NetworkOutputs> {
  const engine = call.session.engine(inputs.host);
  const engineId = await identityOf(engine, call.signal);
  const found = inputs.external ? await inspect(inputs, call) : undefined;
  const swarm =
    isOverlay(inputs) || (inputs.external && !found) ? await swarmOf(inputs, context, call) : undefined;
  const networkId = await call.memory.queue.run(
    swarm ? `swarm network ${inputs.name}` : `${engineId} networks`,
    () => provide(inputs, context, swarm, call),
  );
  return { schema: stateSchema, stack: context.run.stack, engineId, networkId, ...(swarm && { swarm }) };
}

/** Returns the network's id. */
async function provide(
  inputs: NetworkInputs,
  context: NetworkContext,
  swarm: SwarmPlace | undefined,
  call: Call,
): Promise<string> {
  const at = swarm ? { ...inputs, host: swarm.manager } : inputs;
  const there = await inspect(at, call);
  if (inputs.external) {
    if (there) return there.Id;
    throw notThere("network", inputs);
  }
  if (!there && swarm && !swarm.home) throw otherSwarm(inputs, context);
  const create = () => createNetwork(at, context, call);
  if (!there) return swarm ? create() : createInPlace(inputs, context, call, create);
  assertOwnership(`network ${inputs.name}`, there.Labels ?? {}, at.host, context.run);
  assertSameKey(inputs, { labels: there.Labels ?? {} });
  if (!isAnotherNetwork(inputs, there.Labels ?? {})) return there.Id;
  if (swarm) throw otherDefinition(at);
  // It cannot be changed. The services of its containers, which follow, read the new addresses.
  return createInPlace(inputs, context, call, create, there);
}

function otherSwarm({ name, host }: NetworkInputs, { home }: NetworkContext): K2Error {
  return new K2Error(
    "conflict",
    `the overlay network ${name} is in the swarm of ${home}, and not in the swarm of this host`,
    {
      at: host.name,
      hint: `An overlay network connects the engines of one swarm: let ${host.name} join the swarm of ${home} (docker swarm leave, then join).`,
    },
  );
}

/** Containers of hosts outside this run may be attached: the network is not removed. */
function otherDefinition({ name, host }: NetworkInputs): K2Error {
  return new K2Error("conflict", `the overlay network ${name} exists with another definition`, {
    at: host.name,
    hint: "It cannot be changed in place, because that would affect all engines at once: k2-compose down, then up (volumes are kept); or give the new network another name.",
  });
}

async function createNetwork(inputs: NetworkInputs, context: NetworkContext, call: Call): Promise<string> {
  const definition = networkDefinition(inputs);
  const labels = { [label.configHash]: networkHash(definition), ...ownerLabels(context.run) };
  const body = networkCreate(inputs.project, inputs.network, definition, labels);
  const { Id } = await call.session.engine(inputs.host).post<{ Id: string }>("/networks/create", {
    shape: withId,
    body,
    signal: call.signal,
  });
  return Id;
}

/** A network of the same name with another key in its project would be shared by accident. */
function assertSameKey(inputs: NetworkInputs, there: Pick<ObservedNetwork, "labels">): void {
  const key = there.labels[label.network];
  if (key === undefined || key === inputs.network || there.labels[label.project] !== inputs.project) return;
  throw new K2Error(
    "conflict",
    `network ${inputs.name} exists, but as "${key}" of its project, not as "${inputs.network}"`,
    {
      at: inputs.host.name,
      hint: "Give one of the two another name, or declare it external.",
    },
  );
}

/** By exact name: the engine's own look-up also accepts prefixes of ids. */
async function inspect({ host, name }: NetworkInputs, call: Call): Promise<InspectedNetwork | undefined> {
  const engine = call.session.engine(host);
  const found = await listNetworks(engine, { filters: { name: [name] }, signal: call.signal });
  const exact = found.find((network) => network.name === name);
  return exact && findNetwork(engine, exact.id, call.signal);
}
