import { connect } from "../engine/connect.js";
import { identityOf } from "../engine/observe.js";
import { volumeCreate } from "../engine/volume-options.js";
import { K2Error } from "../errors.js";
import { volumeHash } from "../model/config-hash.js";
import { type Context, stateSchema, type VolumeInputs, type VolumeOutputs } from "../model/inputs.js";
import { volumeDrift } from "../model/drift.js";
import { label } from "../model/labels.js";
import { claim, isClaimed } from "./claims.js";
import { demandOwnership, mayChange } from "./owner.js";
import { renew } from "./renewals.js";
import { sightOf } from "./sight.js";
import type { Call, Handler } from "./transport.js";

interface Inspected {
  Name: string;
  Labels: Record<string, string> | null;
}

interface User {
  Id: string;
  Names: string[];
  Labels: Record<string, string>;
}

/** A named volume on one host. Its data outlives everything but an explicit order. */
export const volume: Handler<VolumeInputs, Context, VolumeOutputs> = {
  identity: ({ project, volume, host }) => `${project} ${volume}@${host.name}`,

  async check(inputs, context, known, call) {
    const seen = await sightOf(inputs.host, call);
    if (!seen || inputs.external) return;
    await claim(inputs.host, thing(inputs));
    const there = seen.volumes.find(({ name }) => name === inputs.name);
    if (!known && there) await call.info(`adopt volume ${inputs.name}`);
    if (there && context.run.recreateVolumes && isAnother(inputs, there.labels))
      renew(inputs.host, inputs.name);
  },

  async drift(inputs, _context, _state, call) {
    const seen = await sightOf(inputs.host, call);
    return seen ? volumeDrift(inputs, seen) : [];
  },

  async create(inputs, context, call) {
    return { id: `${inputs.name}@${inputs.host.name}`, outputs: await converge(inputs, context, call) };
  },

  async update(inputs, context, _state, call) {
    return converge(inputs, context, call);
  },

  async read(state, call) {
    const seen = await sightOf(state.host, call);
    const outputs = { schema: state.schema, stack: state.stack, engineId: state.engineId };
    if (!seen) return { inputs: {}, outputs };
    const there = seen.volumes.some(({ name }) => name === state.name);
    return there ? { inputs: {}, outputs: { ...outputs, engineId: seen.engine.id } } : undefined;
  },

  /** Called only where the stack was told to let volumes go: they are `retainOnDelete` otherwise. */
  async delete(state, call) {
    if (state.external || (await isClaimed(state.host, state.engineId, thing(state)))) return;
    const there = await inspect(state, call);
    if (!there || !mayChange(there.Labels ?? {}, { stack: state.stack })) return;
    await connect(state.host).delete(`/volumes/${encodeURIComponent(state.name)}`, {
      ok: [404],
      signal: call.signal,
    });
  },
};

async function converge(inputs: VolumeInputs, context: Context, call: Call): Promise<VolumeOutputs> {
  const engine = connect(inputs.host);
  const engineId = await identityOf(engine, call.signal);
  const done: VolumeOutputs = { schema: stateSchema, stack: context.run.stack, engineId };
  const there = await inspect(inputs, call);
  if (inputs.external) {
    if (there) return done;
    throw new K2Error("not-found", `volume ${inputs.name} is external, and not there`, {
      at: inputs.host.name,
      hint: `Create it: docker volume create ${inputs.name}`,
    });
  }
  if (there) {
    demandOwnership(`volume ${inputs.name}`, there.Labels ?? {}, inputs.host, context.run);
    if (!isAnother(inputs, there.Labels ?? {})) return done;
    await discard(inputs, context, call);
  }
  const definition = definitionOf(inputs);
  const labels = { [label.configHash]: volumeHash(definition), [label.stack]: context.run.stack };
  const body = volumeCreate(inputs.project, inputs.volume, definition, labels);
  await engine.post("/volumes/create", { body, signal: call.signal });
  return done;
}

/** The engine cannot change a volume: a new definition means a new, empty one, so somebody has to say so. */
async function discard(inputs: VolumeInputs, context: Context, call: Call): Promise<void> {
  if (!context.run.recreateVolumes) {
    throw new K2Error("conflict", `volume ${inputs.name} is there with another definition`, {
      at: inputs.host.name,
      hint: "Its data would be lost. To start with an empty volume: pulumi config set k2-compose:recreateVolumes true.",
    });
  }
  await removeUsers(inputs, call);
  await connect(inputs.host).delete(`/volumes/${encodeURIComponent(inputs.name)}`, {
    ok: [404],
    signal: call.signal,
  });
}

/** The engine removes no volume that a container has, running or not. Services make theirs again after this. */
async function removeUsers({ host, name, project }: VolumeInputs, call: Call): Promise<void> {
  const engine = connect(host);
  const query = { all: true, filters: JSON.stringify({ volume: [name] }) };
  const users = await engine.get<User[]>("/containers/json", { query, signal: call.signal });
  const foreign = users
    .filter(({ Labels }) => Labels[label.project] !== project)
    .map(({ Names }) => Names[0]!.slice(1));
  if (foreign.length > 0) {
    throw new K2Error("conflict", `volume ${name} cannot be made anew: ${foreign.join(", ")} uses it too`, {
      at: host.name,
      hint: "Remove what is not of this project first.",
    });
  }
  for (const { Id, Names } of users) {
    call.progress(`remove ${Names[0]!.slice(1)}`);
    await engine.post(`/containers/${Id}/stop`, {
      ok: [304, 404],
      timeout: 24 * 3600_000,
      signal: call.signal,
    });
    await engine.delete(`/containers/${Id}`, { query: { force: true }, ok: [404], signal: call.signal });
  }
}

/** What carries no hash was not made from a compose file: it is taken as it is. */
function isAnother(inputs: VolumeInputs, labels: Record<string, string>): boolean {
  const hash = labels[label.configHash];
  return hash !== undefined && hash !== volumeHash(definitionOf(inputs));
}

function inspect({ host, name }: VolumeInputs, call: Call): Promise<Inspected | undefined> {
  return connect(host)
    .get<Inspected>(`/volumes/${encodeURIComponent(name)}`, { signal: call.signal })
    .catch((error: unknown) => {
      if (K2Error.is(error) && error.code === "not-found") return undefined;
      throw error;
    });
}

function definitionOf({ host, project, volume, ...definition }: VolumeInputs) {
  return definition;
}

function thing({ project, volume }: VolumeInputs): string {
  return `volume ${project}/${volume}`;
}
