/** The executor's operations for one service: creates its containers, copies files into them, runs its hooks. */
import type { Service } from "../../compose/types.js";
import type { Engine } from "../../engine/connection/connect.js";
import { carriedMounts, type ContainerCreate, containerLabels } from "../../engine/containers/create-body.js";
import { takingName } from "../../engine/containers/container-names.js";
import { connectNetworks, createCall, createContainer } from "../../engine/containers/create.js";
import { runHooks } from "../../engine/containers/exec.js";
import { runPreStart } from "../../engine/containers/pre-start.js";
import type { ContainerSteps } from "../../engine/containers/execute.js";
import { isFileVolume, uploadFiles } from "../../engine/files/config-files.js";
import { findContainer } from "../../engine/observe/inspect.js";
import { passGate } from "../../engine/containers/gate.js";
import { inspectImage } from "../../engine/images/image.js";
import { filesOf } from "../../engine/files/service-files.js";
import { withFolders } from "../../engine/files/upload-folders.js";
import { withoutSynced } from "../../engine/files/synced-folders.js";
import { elementOf, fieldOf } from "../../shared/lookup.js";
import { linkedServices } from "../../model/placement/affinity.js";
import { waitUntilWell } from "../../engine/containers/probe.js";
import { containersOf, serviceOf } from "../../model/reconcile/desired.js";
import type { ServiceContext, ServiceInputs } from "../../model/kinds.js";
import type { ObservedContainer } from "../../model/observed.js";
import type { CreateOperation } from "../../model/reconcile/operations.js";
import type { DesiredService } from "../../model/reconcile/desired-service.js";
import type { Call } from "../process/handler.js";
import type { TakingCall } from "./givers.js";

interface Existing {
  inputs: ServiceInputs;
  engine: Engine;
  call: Call;
  /** All containers of the project on this engine. */
  seen?: ObservedContainer[];
  /** Removed containers take their anonymous volumes along. */
  removesVolumes?: boolean;
}

interface Owner extends Existing {
  call: TakingCall;
  context: ServiceContext;
  desired: DesiredService;
  /** The previous version, for containers that are restored. */
  before?: Pick<ServiceInputs, "post_start">;
  seen: ObservedContainer[];
}

export function serviceSteps(owner: Owner): ContainerSteps {
  const { inputs, engine, call, context } = owner;
  return {
    ...existingSteps(owner),
    gate: (index) => passGate(elementOf(context.gates, index), call),
    create: (operation) => create(owner, operation),
    preStart: (id, hooks) => preStart(owner, id, hooks),
    beforeStart: (id) => upload(owner, id),
    starting: (_id, start) => call.givers.starting(start),
    afterPutBack: (id) => runHooks(engine, id, "post_start", (owner.before ?? inputs).post_start, call),
    probe: (signal) => passProbe(owner, signal),
  };
}

/** For containers that exist and contain their files: they are only stopped, started and removed. */
export function existingSteps(owner: Existing): ContainerSteps {
  const { inputs, engine, call } = owner;
  const afterStart = (id: string) => runHooks(engine, id, "post_start", inputs.post_start, call);
  return {
    gate: () => Promise.reject(new Error("internal error: no dependency is known")),
    create: () => Promise.reject(new Error("internal error: no container is to be created")),
    preStart: () => Promise.resolve(),
    beforeStart: () => Promise.resolve(),
    starting: (_id, start) => start(),
    afterStart,
    afterPutBack: afterStart,
    probe: () => Promise.resolve(),
    beforeStop: (id) => runHooks(engine, id, "pre_stop", inputs.pre_stop, call),
    ownVolumes: async (id) => [
      ...(await fileVolumesOf(owner, id)),
      ...(owner.removesVolumes ? await anonymousVolumesOf(owner, id) : []),
    ],
  };
}

function preStart({ inputs, engine, context, call }: Owner, id: string, hooks: number[]): Promise<void> {
  const { project, service, naming } = inputs;
  const hook = { project, service, naming, definition: inputs, image: fieldOf(inputs, "image") };
  const rest = { networks: context.networks, stack: context.run.stack };
  return runPreStart(engine, id, { ...hook, ...rest }, hooks, call);
}

export async function passProbe(
  { inputs, engine, context, call }: Pick<Owner, "inputs" | "engine" | "context" | "call">,
  signal = call.signal,
): Promise<void> {
  if (!context.probe) return;
  const at = `${inputs.service}@${inputs.host.name}`;
  await waitUntilWell(context.probe, {
    env: engine.env,
    signal,
    at,
    onAttempt: (_, count) =>
      call.progress({ op: "check", host: inputs.host.name, text: `check ${count} of ${at}` }),
  });
}

async function create(owner: Owner, operation: CreateOperation): Promise<string> {
  const { inputs, call } = owner;
  await call.givers.takeNames();
  const made = await callFor(owner, operation);
  for (const warning of made.warnings) await call.warn(`${operation.finalName}: ${warning}`);
  if (!inputs.synced) return make(owner, made);
  // Replicas that are created in parallel share one folder: the later one finds it filled.
  return call.memory.queue.run(`${inputs.host.name} folders of ${inputs.project}/${inputs.service}`, () =>
    make(owner, made),
  );
}

async function make({ inputs, engine, context, call }: Owner, made: ContainerCreate): Promise<string> {
  const { signal, progress: onStep } = call;
  const { workingDir: root, run } = context;
  const { query, body, connect } = made;
  return withFolders(engine, inputs, { root, stack: run.stack, signal, onStep }, async () => {
    let id: string | undefined;
    try {
      id = await takingName(engine, query.name, inputs, () =>
        createContainer(engine, { query, body }, signal),
      );
      await connectNetworks(engine, id, connect, signal);
      return id;
    } catch (error) {
      // If partly attached, it would look like a match.
      if (id !== undefined) await discard(engine, id).catch(() => undefined);
      throw error;
    }
  });
}

function discard(engine: Engine, id: string): Promise<unknown> {
  return engine.delete(`/containers/${id}`, { query: { force: true }, ok: [404] });
}

async function callFor(owner: Owner, operation: CreateOperation): Promise<ContainerCreate> {
  const { inputs, engine, context, desired } = owner;
  const service = withoutSynced(serviceOf(inputs, context.hashed), inputs);
  const { project, service: name } = inputs;
  const labels = containerLabels(service, {
    project,
    service: name,
    number: operation.number,
    configHash: desired.configHash,
    imageId: context.imageId,
    directory: context.workingDir,
    files: context.configFiles,
    stack: context.run.stack,
    ...(context.run.stackId !== undefined && { stackId: context.run.stackId }),
    ...(desired.filesHash !== undefined && { filesHash: desired.filesHash }),
    ...(operation.replaces !== undefined && {
      replaces: inputs.container_name ?? `${name}-${operation.number}`,
    }),
  });
  return createCall(engine, service, {
    project,
    service: name,
    number: operation.number,
    naming: inputs.naming ?? "compose",
    name: operation.name,
    finalName: operation.finalName,
    image: fieldOf(inputs, "image"),
    ...(context.defaultPlatform !== undefined && { platform: context.defaultPlatform }),
    labels,
    networks: context.networks,
    volumes: context.volumes,
    ...relatives(owner, service),
    carry: await carryOf(owner, service, operation),
    files: await filesOf(inputs, context.workingDir),
  });
}

/** Containers that this one refers to. */
function relatives({ inputs, context, seen }: Owner, service: Service) {
  const first = Object.entries(context.shares).flatMap(([name, [id]]) =>
    id === undefined ? [] : [[name, id] as const],
  );
  const names = (name: string) => containersOf(seen, inputs.project, name).map((container) => container.name);
  return {
    containers: Object.fromEntries(first),
    linked: Object.fromEntries(linkedServices(service).map((name) => [name, names(name)])),
  };
}

async function carryOf(
  { inputs, engine, seen, context, call }: Owner,
  service: Service,
  { replaces }: CreateOperation,
) {
  const old = seen.find(({ id }) => id === replaces);
  if (!old || context.run.renewAnonymousVolumes) return [];
  const image = await inspectImage(engine, fieldOf(inputs, "image"), call.signal);
  return carriedMounts(old.mounts, image?.volumes ?? [], service);
}

/** Files that docker compose has mounted into a container of its own are kept: they cannot be replaced. */
async function upload({ inputs, engine, context, seen, call }: Owner, id: string): Promise<void> {
  const service = withoutSynced(serviceOf(inputs, {}), inputs);
  const mounted = new Set(seen.find((one) => one.id === id)?.mounts.map(({ target }) => target));
  const wanted = await filesOf(inputs, context.workingDir);
  const own = wanted.filter(({ target }) => !mounted.has(target));
  await uploadFiles(engine, id, service, own, call.signal);
}

/** Includes files that the service no longer uses. */
async function fileVolumesOf({ inputs, engine, seen, call }: Existing, id: string): Promise<string[]> {
  const known = seen?.find((container) => container.id === id)?.mounts.map(({ name }) => name);
  if (!known && !inputs.configs && !inputs.secrets && !inputs.synced) return [];
  const names = known ?? (await mountedVolumes(engine, id, call));
  return names.flatMap((name) => (name !== undefined && isFileVolume(name) ? [name] : []));
}

/**
 * The engine does not remove the anonymous volumes of a recreated container along with it, because a carried volume is
 * mounted by its name.
 */
async function anonymousVolumesOf({ inputs, engine, call }: Existing, id: string): Promise<string[]> {
  const named = new Set((inputs.volumes ?? []).flatMap(({ source, target }) => (source ? [target] : [])));
  const found = await findContainer(engine, id, call.signal);
  return (found?.Mounts ?? []).flatMap(({ Name = "", Destination }) =>
    /^[0-9a-f]{64}$/.test(Name) && !named.has(Destination) ? [Name] : [],
  );
}

async function mountedVolumes(engine: Engine, id: string, call: Call): Promise<(string | undefined)[]> {
  const found = await findContainer(engine, id, call.signal);
  return (found?.Mounts ?? []).map(({ Name }) => Name);
}
