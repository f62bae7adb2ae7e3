/** A service of a swarm. The engine replaces its tasks; the handler waits until it has converged. */
import { push } from "../../engine/images/push.js";
import { patientImage } from "../../engine/images/registry-digest.js";
import { registryAuthHeader } from "../../engine/images/registry-auth.js";
import type { Engine } from "../../engine/connection/connect.js";
import { sleep } from "../../engine/connection/deadline.js";
import {
  createService,
  removeObject,
  removeService,
  updateNode,
  updateService,
} from "../../engine/swarm/change.js";
import { listNodes, listServices, listTasks } from "../../engine/swarm/list.js";
import { askManager } from "../../engine/swarm/observe.js";
import { K2Error } from "../../shared/errors.js";
import { formatDuration } from "../../compose/values/duration.js";
import { passGate } from "../../engine/containers/gate.js";
import { isForeign } from "../../model/ownership.js";
import { parseImageReference } from "../../model/images/reference.js";
import {
  type SwarmServiceContext,
  type SwarmServiceInputs,
  type SwarmServiceOutputs,
  stateSchema,
} from "../../model/kinds.js";
import { isForced, printEffect, serviceChanges, type ImageAnswer } from "../../model/swarm/drift/service.js";
import { replacedObjects } from "../../model/swarm/objects.js";
import type { ObservedSwarmService } from "../../model/swarm/observed.js";
import type { ManagersAnswer } from "../../model/swarm/observation.js";
import { lostBy } from "../../model/swarm/spec/api-versions.js";
import { printDifference } from "../../model/swarm/spec/difference.js";
import { revisionOf } from "../../model/swarm/spec/revision.js";
import { serviceName } from "../../model/swarm/spec/spec.js";
import type { ServiceSpec } from "../../model/swarm/spec-types.js";
import { type Call, type HandlerWork, outputsIn, Unfinished } from "../process/handler.js";
import { hostsToAsk, managerOf, observedSwarm } from "../process/swarm.js";
import { retried } from "./cluster-operations.js";
import { converged } from "../process/convergence.js";
import { passSwarmGate } from "../process/swarm-gate.js";
import { changedEnvironment } from "../process/changed-environment.js";
import { placeLabelsInUse } from "../../model/swarm/placement-labels.js";
import { placeLabel, swarmLabel } from "../../model/swarm/swarm-labels.js";
import { isUnknown } from "../../model/unknown.js";

type State = SwarmServiceInputs & SwarmServiceOutputs;

export const swarmService: HandlerWork<"swarmService"> = {
  async check(inputs, context, known, call) {
    if (isUnknown(context)) return;
    const seen = await observedSwarm({ hosts: context.managers }, call);
    const changes = serviceChanges({ inputs, context, outputs: {} }, seen);
    if (!changes?.observed) return;
    const { observed, reconciliation, refused } = changes;
    if (known) {
      const effect = reconciliation.op === "none" ? undefined : printEffect(reconciliation);
      if (effect !== undefined) await call.info(effect);
      return;
    }
    if (refused) return call.warn(refused.text);
    await call.info(`adopt ${observed.spec.Name}: ${printEffect(reconciliation) ?? ""}`);
    for (const each of reconciliation.changes) await call.info(printDifference(each));
  },

  async create(inputs, context, call) {
    const outputs = await deploy(inputs, context, {}, call);
    return { id: `${inputs.project}/${inputs.service}`, outputs };
  },

  update(inputs, context, state, call) {
    return deploy(inputs, context, state, call);
  },

  /** A service that no manager answers for keeps its state. */
  async read(state, call) {
    const outputs = outputsIn("swarmService", state);
    const { known } = await observedSwarm({ hosts: state.managers, clusterId: state.clusterId }, call);
    if (!known) return { inputs: {}, outputs };
    const found = known.services.find(({ id }) => id === state.serviceId);
    return found && { inputs: changedByHand(state, found), outputs };
  },

  async delete(state, call) {
    const engine = await managerOf({ hosts: state.managers, clusterId: state.clusterId }, call);
    const name = serviceName(state.project, state.service);
    const found = await listServices(engine, { filters: { name: [name] }, signal: call.signal });
    const there = found.find(({ spec }) => spec.Name === name);
    if (!there) return;
    if (there.id !== state.serviceId && isForeign(there.spec.Labels ?? {}, { stack: state.stack }))
      return call.warn(`service ${name} is kept: it belongs to another stack`);
    await remove(there, engine, call);
    await removePlaceLabels(state, engine, call);
  },
};

async function deploy(
  inputs: SwarmServiceInputs,
  context: SwarmServiceContext,
  state: Partial<State>,
  call: Call,
): Promise<SwarmServiceOutputs> {
  for (const gate of context.gates)
    await (gate.on === "host" ? passGate(gate, call) : passSwarmGate(gate, hostsToAsk(context, state), call));
  const { clusterId } = state;
  const engine = await managerOf({ hosts: hostsToAsk(context, state), clusterId }, call);
  await pushBuilt(inputs, context, call);
  const image = await imageFor(inputs, context, state, engine, call);
  const sent = await retried(() => send({ inputs, context, outputs: state }, image, engine, call));
  const outputs = outputsOf(inputs, context, sent, image);
  try {
    const { timeout = context.run.waitTimeout } = context;
    const limits = { ...context, ...(timeout !== undefined && { timeout }) };
    const { service } = await converged(sent, engine, limits, call);
    await removeReplaced(inputs, context, engine, call);
    if (!sent.isPlaced) await removePlaceLabels(inputs, engine, call);
    return { ...outputs, ...digestIn(service.spec, inputs.image) };
  } catch (cause) {
    throw new Unfinished(`${inputs.project}/${inputs.service}`, outputs, cause);
  }
}

interface Sent {
  id: string;
  name: string;
  clusterId: string;
  base?: number;
  restarts: boolean;
  unchanged?: boolean;
  /** Its constraint needs the label of its own on the nodes, or no node has it. */
  isPlaced: boolean;
}

/** Sends the specification, unless the service has it already. */
async function send(
  resource: { inputs: SwarmServiceInputs; context: SwarmServiceContext; outputs: Partial<State> },
  image: ImageAnswer,
  engine: Engine,
  call: Call,
): Promise<Sent> {
  const { inputs, context } = resource;
  const known = await askManager(engine.host, engine, call.signal);
  const changes = serviceChanges(resource, { members: {}, known }, image);
  if (!changes) throw new Error("a manager has answered");
  const { observed, reconciliation, refused } = changes;
  if (refused)
    throw new K2Error("conflict", refused.text, {
      hint: "Run the command with --take-over if this stack is to have the service.",
    });
  const { op, spec, restarts } = reconciliation;
  assertKept(spec, known);
  const own = placeLabel(inputs.project, inputs.service);
  const isPlaced =
    (inputs.constraint?.includes(own) ?? false) || !known.nodes.some(({ labels }) => own in labels);
  const common = { name: spec.Name, clusterId: known.cluster.id, isPlaced };
  const auth = await registryAuthHeader(inputs.image, engine.env);
  const change = { spec, auth, signal: call.signal };
  if (op === "create" || !observed) {
    assertStarted(spec, context);
    progress(call, engine, `create ${spec.Name}`);
    return { ...common, id: await createService(engine, change), restarts: true };
  }
  if (restarts && context.run.noRecreate)
    throw new K2Error("unsupported", `${spec.Name}: its tasks would restart, which --no-recreate excludes`, {
      hint: "Run `up` without --no-recreate.",
    });
  if (op === "replace") {
    await remove(observed, engine, call);
    progress(call, engine, `create ${spec.Name}`);
    return { ...common, id: await createService(engine, change), restarts: true };
  }
  const state = observed.update?.state;
  const isPaused = state === "paused" || state === "rollback_paused";
  const isRunning = state === "updating" || state === "rollback_started";
  if (op === "none" && !isPaused && !isForced(inputs, context))
    return { ...common, id: observed.id, restarts: isRunning, unchanged: true };
  progress(call, engine, `update ${spec.Name}`);
  await updateService(engine, observed, {
    ...change,
    spec: isForced(inputs, context) ? forced(spec) : spec,
  });
  return {
    ...common,
    id: observed.id,
    base: observed.version,
    restarts: restarts || isPaused || op === "none",
  };
}

/** A swarm starts the tasks of a service that it creates. */
function assertStarted({ Name }: ServiceSpec, { run }: SwarmServiceContext): void {
  if (!run.noStart) return;
  throw new K2Error("unsupported", `${Name}: a swarm creates no service without starting it`, {
    hint: "Run `up` without --no-start; `deploy.replicas: 0` creates the service without tasks.",
  });
}

/** `--force-recreate` restarts tasks whose specification is unchanged. */
function forced({ TaskTemplate, ...spec }: ServiceSpec): ServiceSpec {
  return { ...spec, TaskTemplate: { ...TaskTemplate, ForceUpdate: (TaskTemplate.ForceUpdate ?? 0) + 1 } };
}

function progress(call: Call, engine: Engine, text: string): void {
  call.progress({ op: "swarm", host: engine.host.name, text });
}

/** Engines drop fields that they do not know, without an error. */
function assertKept(spec: ServiceSpec, { nodes }: ManagersAnswer): void {
  for (const { engineVersion, hostname } of nodes) {
    const [first] = lostBy(engineVersion, spec);
    if (!first) continue;
    const what = `${first.attributes[0] ?? first.field} needs engine ${first.release}, and ${hostname} has ${engineVersion}`;
    throw new K2Error("unsupported", `${spec.Name}: ${what}`, {
      hint: "Update the engine, or remove the attribute.",
    });
  }
}

/** The image is pushed when its contents are new. */
async function pushBuilt(
  { image }: SwarmServiceInputs,
  { build }: SwarmServiceContext,
  call: Call,
): Promise<void> {
  if (!build) return;
  progress(call, call.session.engine(build.builder), `push ${image}`);
  await push(call.session.engine(build.builder), image, { signal: call.signal });
}

/** The registry is asked for a new image. If it does not answer, nodes pull the tag, each on its own. */
async function imageFor(
  { image }: SwarmServiceInputs,
  { run, alwaysAsk, build, pinnedDigest }: SwarmServiceContext,
  state: Partial<State>,
  engine: Engine,
  call: Call,
): Promise<ImageAnswer> {
  if (pinnedDigest !== undefined) return { digest: pinnedDigest };
  if (parseImageReference(image).digest !== undefined) return {};
  const isKnown = state.image === image && state.digest !== undefined;
  const isAsked = !isKnown || alwaysAsk || build !== undefined || run.pull === "always";
  if (!isAsked || run.pull === "never") return isKnown ? withoutUndefined(state) : {};
  try {
    const { digest, platforms } = await patientImage(engine, image, call.signal);
    return {
      digest,
      platforms: platforms.map(({ architecture, os }) => ({
        ...(architecture !== undefined && { Architecture: architecture }),
        ...(os !== undefined && { OS: os }),
      })),
    };
  } catch (error) {
    call.signal.throwIfAborted();
    if (isKnown) return withoutUndefined(state);
    const why = K2Error.is(error) ? error.what : String(error);
    await call.warn(
      `${image} is deployed by its tag, so that nodes may run different versions of it: ${why}`,
    );
    return {};
  }
}

function withoutUndefined({ digest, platforms }: ImageAnswer): ImageAnswer {
  return { ...(digest !== undefined && { digest }), ...(platforms && { platforms }) };
}

function outputsOf(
  inputs: SwarmServiceInputs,
  context: SwarmServiceContext,
  { id, clusterId }: Sent,
  { digest, platforms }: ImageAnswer,
): SwarmServiceOutputs {
  const { networks, volumes, configs, secrets, gates, managers, run } = context;
  const last = { networks, volumes, configs, secrets, ...(gates.length > 0 && { gates }) };
  return {
    ...{ schema: stateSchema, stack: run.stack, clusterId, managers, serviceId: id, last },
    ...(digest !== undefined && { digest }),
    ...(platforms && { platforms }),
    revision: revisionOf(inputs, last, digest),
  };
}

/** An adopted service keeps the digest that it has. */
function digestIn({ TaskTemplate }: ServiceSpec, image: string): Pick<SwarmServiceOutputs, "digest"> {
  const { digest } = parseImageReference(TaskTemplate.ContainerSpec.Image);
  return digest === undefined || parseImageReference(image).digest !== undefined ? {} : { digest };
}

/** Configs and secrets that this update has replaced, unless a rollback would need them. */
async function removeReplaced(
  { project }: SwarmServiceInputs,
  { configs, secrets }: SwarmServiceContext,
  engine: Engine,
  call: Call,
): Promise<void> {
  const lists = [
    ["configs", configs],
    ["secrets", secrets],
  ] as const;
  if (lists.every(([, used]) => Object.keys(used).length === 0)) return;
  const { services, ...known } = await askManager(engine.host, engine, call.signal);
  for (const [list, used] of lists) {
    const wanted = Object.fromEntries(Object.entries(used).map(([key, { id }]) => [key, id]));
    for (const { id } of replacedObjects(project, wanted, { objects: known[list], services }))
      await removeObject(engine, list, id, call.signal);
  }
}

/** Its tasks were stopped if the label went before the update; a rollback needs it as well. */
async function removePlaceLabels(
  { project, service }: Pick<SwarmServiceInputs, "project" | "service">,
  engine: Engine,
  { signal }: Call,
): Promise<void> {
  const own = placeLabel(project, service);
  const [nodes, services] = await Promise.all([
    listNodes(engine, { signal }),
    listServices(engine, { signal }),
  ]);
  if (placeLabelsInUse(project, services).has(own)) return;
  for (const { id } of nodes.filter(({ labels }) => own in labels))
    await updateNode(engine, id, (spec) => ({ ...spec, Labels: without(spec.Labels ?? {}, own) }), signal);
}

function without(labels: Record<string, string>, name: string): Record<string, string> {
  const { [name]: _, ...others } = labels;
  return others;
}

const ended = new Set(["complete", "shutdown", "failed", "rejected", "remove", "orphaned"]);

/** Returns when the containers of its tasks have stopped. */
async function remove({ id, spec }: ObservedSwarmService, engine: Engine, call: Call): Promise<void> {
  progress(call, engine, `remove ${spec.Name}`);
  const grace = (spec.TaskTemplate.ContainerSpec.StopGracePeriod ?? 10e9) / 1e6;
  await removeService(engine, id, call.signal);
  const end = performance.now() + grace + 30_000;
  const filters = { name: [`${spec.Name}.`] };
  while (performance.now() < end) {
    const tasks = await listTasks(engine, { filters, signal: call.signal });
    if (tasks.every(({ serviceId, state }) => serviceId !== id || ended.has(state))) return;
    await sleep(200, call.signal);
  }
  const waited = formatDuration(BigInt(Math.round(grace + 30_000)) * 1_000_000n);
  await call.warn(
    `${spec.Name}: its tasks have not stopped within ${waited}; the swarm goes on to stop them`,
  );
}

/** The attributes that `docker service scale` and `docker service update` change most, in the words of the file. */
function changedByHand(state: State, { spec }: ObservedSwarmService): Partial<SwarmServiceInputs> {
  const live: Partial<SwarmServiceInputs> = {};
  const { Mode, Labels = {} } = spec;
  const replicas = "Replicated" in Mode ? Mode.Replicated.Replicas : undefined;
  if (replicas !== undefined && state.replicas !== undefined && replicas !== state.replicas)
    live.replicas = replicas;
  const image = Labels[swarmLabel.image];
  if (image !== undefined && image !== state.image) live.image = image;
  const environment = changedEnvironment(state, spec.TaskTemplate.ContainerSpec.Env ?? []);
  if (environment) live.environment = environment;
  return live;
}
