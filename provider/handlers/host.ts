import { removeLeftFiles } from "../engine/files/leftover-volumes.js";
import { snapshot } from "../engine/observe/snapshot.js";
import { type HostContext, type HostInputs, type HostOutputs, stateSchema } from "../model/kinds.js";
import { label } from "../model/labels.js";
import type { EngineInfo, ObservedContainer } from "../model/observed.js";
import { addressChangeReasons } from "../model/changes/drift.js";
import { kinds, orphansOn } from "../model/changes/kinds.js";
import { orphanWarning } from "../model/changes/orphans.js";
import { isUnknown } from "../model/unknown.js";
import { gather, withOtherHosts } from "./process/gather.js";
import { snapshotOrWarn } from "./process/snapshots.js";
import { type Call, type HandlerOf, outputsIn } from "./process/handler.js";

/** An engine that was reached, and the facts that it reports. */
export const host: HandlerOf<"host"> = {
  identity: ({ project, name }) => `${project} ${name}`,

  /** Hosts are registered first: their snapshots are requested here, in parallel, without waiting. */
  async check(inputs, _context, _known, call) {
    if (!isUnknown(inputs.address)) void call.session.snapshot(inputs).catch(() => undefined);
  },

  async drift(inputs, context, outputs, call) {
    call.memory.learnStackId(outputs.stackId);
    const resource = { inputs, context, outputs };
    const seen = await gather("host", resource, call);
    if (!context.run.removeOrphans) await warnOfOrphans(resource, orphansOn(resource, seen.snapshots), call);
    return kinds.host.drift(resource, seen);
  },

  async create(inputs, context, call) {
    return {
      id: `${inputs.project}/${inputs.name}`,
      outputs: await registerHost(inputs, context, undefined, call),
    };
  },

  async update(inputs, context, state, call) {
    call.memory.learnStackId(state.stackId);
    const outputs = await registerHost(inputs, context, state.stackId, call);
    for (const { text } of addressChangeReasons(state, inputs, outputs.engineId === state.engineId))
      await call.warn(`${inputs.name}: ${text}`);
    return outputs;
  },

  /** A host that does not answer keeps its last state, so that none of it is lost. */
  async read(state, call) {
    const seen = await snapshotOrWarn(state, call);
    return { inputs: {}, outputs: seen ? outputsOf(seen.engine, state) : outputsIn("host", state) };
  },
};

async function registerHost(
  inputs: HostInputs,
  context: HostContext,
  knownId: string | undefined,
  call: Call,
): Promise<HostOutputs> {
  // A preview does not wait for a busy engine, but an update needs it.
  const seen = await call.session
    .snapshot(inputs)
    .catch(() => snapshot(call.session.engine(inputs), { signal: call.signal, deadline: 10_000 }));
  const resource = { inputs, context, outputs: {} };
  const snapshots = await withOtherHosts(kinds.host.needs(resource), new Map([[inputs.name, seen]]), call);
  const orphans = orphansOn(resource, snapshots);
  if (context.run.removeOrphans) await removeAll(inputs, orphans, call);
  else await warnOfOrphans(resource, orphans, call);
  const stackId = knownId ?? call.memory.stackIdFor(context.run, seen);
  return outputsOf(seen.engine, { stack: context.run.stack, stackId });
}

async function warnOfOrphans(
  { inputs, context }: { inputs: HostInputs; context: HostContext },
  orphans: ObservedContainer[],
  call: Call,
): Promise<void> {
  if (orphans.length > 0 && !context.run.ignoreOrphans) await call.warn(orphanWarning(inputs, orphans));
}

/** The engine answers after the container has stopped. */
const longestGrace = 24 * 3600_000;

async function removeAll(inputs: HostInputs, orphans: ObservedContainer[], call: Call): Promise<void> {
  const engine = call.session.engine(inputs);
  for (const { id, name } of orphans) {
    call.progress({ op: "remove", host: inputs.name, text: `remove ${name}` });
    await engine.post(`/containers/${id}/stop`, {
      ok: [304, 404],
      timeout: longestGrace,
      signal: call.signal,
    });
    await engine.delete(`/containers/${id}`, { query: { force: true }, ok: [404], signal: call.signal });
  }
  const services = new Set(orphans.flatMap(({ labels }) => labels[label.service] ?? []));
  for (const service of services)
    await removeLeftFiles(engine, { project: inputs.project, service }, call.signal);
}

function outputsOf(
  { id, name, swarm: _, ...engine }: EngineInfo,
  { stack, stackId }: Pick<HostOutputs, "stack" | "stackId">,
): HostOutputs {
  const owner = { stack, ...(stackId !== undefined && { stackId }) };
  return { ...engine, schema: stateSchema, ...owner, engineId: id, engineName: name };
}
