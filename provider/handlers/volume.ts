import { findVolume } from "../engine/observe/inspect.js";
import { listContainers } from "../engine/observe/list.js";
import { identityOf } from "../engine/observe/snapshot.js";
import { volumeCreate } from "../engine/resources/volume-options.js";
import { K2Error } from "../shared/errors.js";
import { volumeHash } from "../model/reconcile/config-hash.js";
import { type Context, stateSchema, type VolumeInputs, type VolumeOutputs } from "../model/kinds.js";
import { isAnotherVolume, volumeDefinition, volumeRecreationReasons } from "../model/changes/recreation.js";
import { label } from "../model/labels.js";
import { mayRemove, named, notThere } from "./named-resource.js";
import { assertOwnership, mayChange, ownerLabels } from "../model/ownership.js";
import type { Call } from "./process/handler.js";

/** A named volume on one host. Its data is removed only by an explicit option. */
export const volume = named("volume", {
  words: (inputs, { run }, seen) => volumeRecreationReasons(inputs, seen, run),
  converge,
  read: ({ name }, { volumes }) => Promise.resolve(volumes.some((one) => one.name === name) ? {} : undefined),

  /** Called only if the stack allows removal of volumes: otherwise they are `retainOnDelete`. */
  async remove(state, call) {
    const engine = call.session.engine(state.host);
    if (!mayRemove(await findVolume(engine, state.name, call.signal), state)) return;
    await engine.delete(`/volumes/${encodeURIComponent(state.name)}`, {
      ok: [404],
      signal: call.signal,
    });
  },
});

async function converge(inputs: VolumeInputs, context: Context, call: Call): Promise<VolumeOutputs> {
  const engine = call.session.engine(inputs.host);
  const engineId = await identityOf(engine, call.signal);
  const done: VolumeOutputs = { schema: stateSchema, stack: context.run.stack, engineId };
  const there = await findVolume(engine, inputs.name, call.signal);
  if (inputs.external) {
    if (there) return done;
    throw notThere("volume", inputs);
  }
  if (there) {
    assertOwnership(`volume ${inputs.name}`, there.Labels ?? {}, inputs.host, context.run);
    if (!isAnotherVolume(inputs, there.Labels ?? {})) return done;
    await discard(inputs, context, call);
  }
  const definition = volumeDefinition(inputs);
  const labels = { [label.configHash]: volumeHash(definition), ...ownerLabels(context.run) };
  const body = volumeCreate(inputs.project, inputs.volume, definition, labels);
  await engine.post("/volumes/create", { body, signal: call.signal });
  return done;
}

/** The engine cannot change a volume: a new definition means a new, empty one, which an option must allow. */
async function discard(inputs: VolumeInputs, context: Context, call: Call): Promise<void> {
  if (!context.run.recreateVolumes) {
    throw new K2Error("conflict", `volume ${inputs.name} exists with another definition`, {
      at: inputs.host.name,
      hint:
        "Its data would be lost. To start with an empty volume: k2-compose up --recreate-volumes " +
        "(stock Pulumi: pulumi config set k2-compose:recreateVolumes true).",
    });
  }
  await removeUsers(inputs, context, call);
  await call.session.engine(inputs.host).delete(`/volumes/${encodeURIComponent(inputs.name)}`, {
    ok: [404],
    signal: call.signal,
  });
}

/** The engine does not remove a volume with containers, running or not. Their services recreate them afterwards. */
async function removeUsers(
  { host, name, project }: VolumeInputs,
  { run }: Context,
  call: Call,
): Promise<void> {
  const engine = call.session.engine(host);
  const users = await listContainers(engine, {
    all: true,
    filters: { volume: [name] },
    signal: call.signal,
  });
  const foreign = users
    .filter(({ labels }) => labels[label.project] !== project || !mayChange(labels, run))
    .map((user) => user.name);
  if (foreign.length > 0) {
    throw new K2Error("conflict", `volume ${name} cannot be recreated: ${foreign.join(", ")} uses it too`, {
      at: host.name,
      hint: "Remove the containers that do not belong to this stack first.",
    });
  }
  for (const user of users) {
    call.progress({ op: "remove", host: host.name, text: `remove ${user.name}` });
    await engine.post(`/containers/${user.id}/stop`, {
      ok: [304, 404],
      timeout: 24 * 3600_000,
      signal: call.signal,
    });
    await engine.delete(`/containers/${user.id}`, { query: { force: true }, ok: [404], signal: call.signal });
  }
}
