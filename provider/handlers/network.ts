import { connect } from "../engine/connect.js";
import { identityOf } from "../engine/observe.js";
import { networkCreate } from "../engine/network-options.js";
import { K2Error } from "../errors.js";
import { networkHash } from "../model/config-hash.js";
import {
  type NetworkContext,
  type NetworkInputs,
  type NetworkOutputs,
  stateSchema,
} from "../model/inputs.js";
import { networkDrift } from "../model/drift.js";
import { label } from "../model/labels.js";
import type { ObservedNetwork } from "../model/observed.js";
import { claim, isClaimed, isClaimedAnywhere } from "./claims.js";
import { demandOwnership, mayChange } from "./owner.js";
import { inTurn } from "./turns.js";
import { glance, sightOf } from "./sight.js";
import { isOverlay, removeFromSwarm, swarmOf, type SwarmPlace } from "./network-swarm.js";
import type { Call, Handler } from "./transport.js";

export interface Inspected {
  Id: string;
  Name: string;
  Driver: string;
  Labels: Record<string, string> | null;
  Containers: Record<string, { Name: string }> | null;
}

/** A network of the project on one host; an external one is only looked up. */
export const network: Handler<NetworkInputs, NetworkContext, NetworkOutputs> = {
  identity: ({ project, network, host }) => `${project} ${network}@${host.name}`,

  async check(inputs, _context, known, call) {
    const seen = await sightOf(inputs.host, call);
    if (!seen || inputs.external) return;
    await claim(inputs.host, thing(inputs));
    const there = seen.networks.find(({ name }) => name === inputs.name);
    if (!known && there) await call.info(`adopt network ${inputs.name}`);
  },

  async drift(inputs, context, state, call) {
    const seen = await sightOf(inputs.host, call);
    const atManager = state.swarm && (await glance(state.swarm.manager));
    return seen ? networkDrift(inputs, context, state, seen, atManager) : [];
  },

  async create(inputs, context, call) {
    return { id: `${inputs.name}@${inputs.host.name}`, outputs: await converge(inputs, context, call) };
  },

  async update(inputs, context, _state, call) {
    return converge(inputs, context, call);
  },

  async read(state, call) {
    const seen = await sightOf(state.host, call);
    const { schema, stack, engineId, networkId, swarm } = state;
    const last = { schema, stack, engineId, networkId, ...(swarm && { swarm }) };
    if (!seen) return { inputs: {}, outputs: last };
    const atManager = swarm && (await glance(swarm.manager));
    const called = ({ name }: ObservedNetwork) => name === state.name;
    const there = seen.networks.find(called) ?? atManager?.networks.find(called);
    if (!there && swarm && !atManager) return { inputs: {}, outputs: last };
    return there && { inputs: {}, outputs: { ...last, networkId: there.id, engineId: seen.engine.id } };
  },

  async delete(state, call) {
    if (state.external) return;
    if (state.swarm) {
      const { manager, home } = state.swarm;
      if (!home || isClaimedAnywhere(thing(state))) return;
      return inTurn(`swarm network ${state.name}`, () =>
        removeFromSwarm(() => inspect({ ...state, host: manager }, call), state, manager, call),
      );
    }
    if (await isClaimed(state.host, state.engineId, thing(state))) return;
    return inTurn(`${state.engineId} network ${state.name}`, () => remove(state, call));
  },
};

async function remove(state: NetworkInputs & NetworkOutputs, call: Call): Promise<void> {
  const there = await inspect(state, call);
  if (!there || !mayChange(there.Labels ?? {}, { stack: state.stack })) return;
  const users = Object.values(there.Containers ?? {}).map(({ Name }) => Name);
  if (users.length > 0) {
    return call.warn(
      `network ${state.name} on ${state.host.name} stays: still in use by ${users.join(", ")}`,
    );
  }
  await connect(state.host).delete(`/networks/${there.Id}`, { ok: [404], signal: call.signal });
}

async function converge(inputs: NetworkInputs, context: NetworkContext, call: Call): Promise<NetworkOutputs> {
  const engine = connect(inputs.host);
  const engineId = await identityOf(engine, call.signal);
  const found = inputs.external ? await inspect(inputs, call) : undefined;
  const swarm =
    isOverlay(inputs) || (inputs.external && !found) ? await swarmOf(inputs, context, call) : undefined;
  const networkId = await inTurn(`${swarm ? "swarm" : engineId} network ${inputs.name}`, () =>
    provide(inputs, context, swarm, call),
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
    throw new K2Error("not-found", `network ${inputs.name} is external, and not there`, {
      at: inputs.host.name,
      hint: `Create it: docker network create ${inputs.name}`,
    });
  }
  if (!there && swarm && !swarm.home) throw otherSwarm(inputs, context);
  if (!there) return createNetwork(at, context, call);
  demandOwnership(`network ${inputs.name}`, there.Labels ?? {}, at.host, context.run);
  demandKey(inputs, { labels: there.Labels ?? {} });
  const hash = there.Labels?.[label.configHash];
  if (!hash || hash === networkHash(definitionOf(inputs))) return there.Id;
  if (swarm) throw otherDefinition(at);
  return rebuild(inputs, context, there, call);
}

function otherSwarm({ name, host }: NetworkInputs, { home }: NetworkContext): K2Error {
  return new K2Error(
    "conflict",
    `the overlay network ${name} is in the swarm of ${home}, and not in this one's`,
    {
      at: host.name,
      hint: `One overlay network reaches the engines of one swarm: let ${host.name} join that of ${home} (docker swarm leave, then join).`,
    },
  );
}

/** Containers of hosts that this run may not even see hang on it: it is not taken away from under them. */
function otherDefinition({ name, host }: NetworkInputs): K2Error {
  return new K2Error("conflict", `the overlay network ${name} is there with another definition`, {
    at: host.name,
    hint: "It cannot be changed in place, on all engines at once: k2-compose down, then up (volumes stay); or give the new one another name.",
  });
}

/** A network cannot be changed: its containers leave it, and join the new one with the addresses that they had. */
async function rebuild(
  inputs: NetworkInputs,
  context: NetworkContext,
  there: Inspected,
  call: Call,
): Promise<string> {
  const engine = connect(inputs.host);
  const members = Object.keys(there.Containers ?? {});
  const endpoints = await Promise.all(members.map((id) => endpointOf(inputs, id, call)));
  call.progress(`rebuild ${inputs.name}`);
  for (const id of members) {
    await engine.post(`/networks/${there.Id}/disconnect`, {
      body: { Container: id, Force: true },
      ok: [404],
    });
  }
  await engine.delete(`/networks/${there.Id}`, { ok: [404] });
  const created = await createNetwork(inputs, context, call);
  for (const [at, id] of members.entries()) {
    await engine.post(`/networks/${created}/connect`, {
      body: { Container: id, EndpointConfig: endpoints[at] },
    });
  }
  return created;
}

/** Aliases of a member; addresses are the new network's to give. */
async function endpointOf(
  inputs: NetworkInputs,
  container: string,
  call: Call,
): Promise<{ Aliases: string[] }> {
  const { NetworkSettings } = await connect(inputs.host).get<{
    NetworkSettings: { Networks: Record<string, { Aliases: string[] | null }> };
  }>(`/containers/${container}/json`, { signal: call.signal });
  const aliases = NetworkSettings.Networks[inputs.name]?.Aliases ?? [];
  return { Aliases: aliases.filter((alias) => !container.startsWith(alias)) };
}

async function createNetwork(inputs: NetworkInputs, context: NetworkContext, call: Call): Promise<string> {
  const definition = definitionOf(inputs);
  const labels = { [label.configHash]: networkHash(definition), [label.stack]: context.run.stack };
  const body = networkCreate(inputs.project, inputs.network, definition, labels);
  const { Id } = await connect(inputs.host).post<{ Id: string }>("/networks/create", {
    body,
    signal: call.signal,
  });
  return Id;
}

function definitionOf({ host, project, network, ...definition }: NetworkInputs) {
  return definition;
}

/** One of the same name that stands for something else in its project would be shared by accident. */
function demandKey(inputs: NetworkInputs, there: Pick<ObservedNetwork, "labels">): void {
  const key = there.labels[label.network];
  if (key === undefined || key === inputs.network || there.labels[label.project] !== inputs.project) return;
  throw new K2Error(
    "conflict",
    `network ${inputs.name} is there, but as "${key}" of its project, not as "${inputs.network}"`,
    {
      at: inputs.host.name,
      hint: "Give one of the two another name, or declare it external.",
    },
  );
}

/** By exact name: the engine's own look-up takes prefixes of ids as well. */
async function inspect({ host, name }: NetworkInputs, call: Call): Promise<Inspected | undefined> {
  const engine = connect(host);
  const query = { filters: JSON.stringify({ name: [name] }) };
  const found = await engine.get<Inspected[]>("/networks", { query, signal: call.signal });
  const exact = found.find((network) => network.Name === name);
  return (
    exact && engine.get<Inspected | undefined>(`/networks/${exact.Id}`, { ok: [404], signal: call.signal })
  );
}

function thing({ project, network, driver }: NetworkInputs): string {
  return `${driver === "overlay" ? "swarm " : ""}network ${project}/${network}`;
}
