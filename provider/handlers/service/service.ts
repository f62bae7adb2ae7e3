/** All containers of one compose service on one host. Pulumi never replaces the resource: it is updated in place. */
import type { Engine } from "../../engine/connection/connect.js";
import { execute } from "../../engine/containers/execute.js";
import { judge } from "../../engine/inspection/inspect-service.js";
import { removeLeftFiles } from "../../engine/files/leftover-volumes.js";
import { filesHashOf } from "../../engine/files/service-files.js";
import { removeFillers } from "../../engine/files/upload-containers.js";
import { withCrashLoops } from "../../engine/observe/crash-loops.js";
import { observeProject, projectContainers } from "../../engine/observe/snapshot.js";
import { removePreStart } from "../../engine/containers/pre-start.js";
import { stuckIn } from "../../engine/containers/stuck-task.js";
import { waitFor } from "../../engine/containers/wait.js";
import { isTolerated, K2Error } from "../../shared/errors.js";
import { containersOf, desiredService, revisionOf } from "../../model/reconcile/desired.js";
import {
  type DeployedContainer,
  type ServiceContext,
  type ServiceInputs,
  type ServiceOutputs,
  stateSchema,
} from "../../model/kinds.js";
import { desiredForRun, serviceOperations, withObservedValues } from "../../model/changes/service-drift.js";
import type { ObservedContainer } from "../../model/observed.js";
import { operationsOf } from "../../model/reconcile/operations.js";
import { reconcile } from "../../model/reconcile/reconcile.js";
import { type DesiredService } from "../../model/reconcile/desired-service.js";
import { kinds, type Resource, type Seen as Gathered, things } from "../../model/changes/kinds.js";
import { takeReasons } from "../../model/changes/takes.js";
import { fateOf } from "../../model/changes/followers.js";
import type { Reason } from "../../model/reasons.js";
import { isUnknown } from "../../model/unknown.js";
import { assertOwnership, mayChange, refusedTakeOvers } from "../../model/ownership.js";
import { exclusivesOf } from "../../model/placement/exclusive.js";
import { label } from "../../model/labels.js";
import { rollingOf } from "../../model/reconcile/update-policy.js";
import type { OnStep, Step } from "../../model/steps.js";
import { rollBackService } from "./service-rollback.js";
import { liveInputs, withAlterations } from "./live-inputs.js";
import { type TakingCall, withGivers } from "./givers.js";
import { withFollowers } from "./followers-of-failure.js";
import { existingSteps, passProbe, serviceSteps } from "./container-steps.js";
import { gather } from "../process/gather.js";
import { snapshotOrWarn } from "../process/snapshots.js";
import { type Call, type HandlerOf, outputsIn, Unfinished } from "../process/handler.js";

export const service: HandlerOf<"service"> = {
  identity: ({ project, service, host }) => `${project} ${service}@${host.name}`,

  async check(inputs, context, known, call) {
    const seen = await snapshotOrWarn(inputs.host, call);
    if (!seen) return;
    const other = await call.memory.claim(inputs.host, things.service.id(inputs));
    if (other !== undefined) throw sameEngine(inputs, other);
    const takes = takeReasons(inputs, context, seen);
    for (const { text } of takes) await call.info(text);
    const there = containersOf(seen.containers, inputs.project, inputs.service);
    if (known || there.length === 0) return;
    const refused = refusedTakeOvers(there, context.run);
    for (const { text } of refused) await call.warn(text);
    const predicted = refused.length > 0 ? undefined : withObservedValues(inputs, context, seen);
    if (!predicted) return;
    const all = await judged(inputs, context, seen, call);
    const { kept, reasons } = serviceOperations(inputs, predicted, filesHashOf(inputs), all);
    for (const name of kept)
      await call.info(`adopt ${name} (${stateOf(there, name)}, same configuration): no restart`);
    const own = reasons.filter(({ code }) => code !== "takes");
    for (const { text } of own) await call.info(`take over ${text}`);
  },

  /** Check has shown what it takes. */
  async drift(inputs, context, outputs, call) {
    const resource = { inputs, context: withKeptContainers(inputs, context, call), outputs };
    const seen = await gather("service", resource, call);
    const reasons = kinds.service.drift(resource, seen);
    noteFate(resource, reasons, seen, call);
    return reasons.filter(({ code }) => code !== "takes");
  },

  async create(inputs, context, call) {
    const id = `${inputs.project}/${inputs.service}@${inputs.host.name}`;
    const outputs = await changing(inputs, context, call, async (taking) => {
      const seen = await observeToCreate(inputs, context, taking);
      return converge(id, inputs, context, seen, undefined, taking);
    });
    return { id, outputs };
  },

  update(inputs, context, state, call) {
    return changing(inputs, context, call, (taking) => update(inputs, context, state, taking));
  },

  /** A host that does not answer keeps its last state: a container is gone only if the engine says so. */
  async read(state, call) {
    const before = outputsIn("service", state);
    const seen = await snapshotOrWarn(state.host, call);
    if (!seen) return { inputs: {}, outputs: before };
    const there = containersOf(seen.containers, state.project, state.service);
    if (there.length === 0 && state.replicas > 0) return undefined;
    const live = await liveInputs(state, there, call);
    return { inputs: live, outputs: { ...before, engineId: seen.engine.id, ...deployed(there) } };
  },

  async delete(state, call) {
    if (await call.memory.isClaimed(state.host, state.engineId, things.service.id(state), state.containerIds))
      return;
    const engine = call.session.engine(state.host);
    const containers = await call.memory.containersToRemove(engine, state.project, call.signal);
    const there = containersOf(containers, state.project, state.service);
    // A delete gets no state of the hosts, but the containers that it names carry the stack's id.
    const own = there.filter((container) => isOwn(container, state));
    const stackIds = own.flatMap(({ labels }) => labels[label.stackId] ?? []);
    const foreign = there.filter(
      (container) =>
        !own.includes(container) && !mayChange(container.labels, { stack: state.stack, stackIds }),
    );
    for (const { name } of foreign) await call.warn(`${name} is kept: it belongs to another stack`);
    const nothing = desiredService({ ...state, replicas: 0 }, state.last, { networks: [] });
    const operations = reconcile(
      nothing,
      there.filter((container) => !foreign.includes(container)),
    );
    const removesVolumes = call.memory.notice.volumes === "remove";
    const steps = existingSteps({ inputs: state, engine, call, removesVolumes });
    // A delete has no options of a run.
    const { stopTimeout } = call.memory.notice;
    await execute(engine, operations, steps, { signal: call.signal, onStep: call.progress, stopTimeout });
    await removeLeft(engine, [state], call.signal);
  },
};

/** In a preview, the outputs of services that change are unknown, even if their containers stay. */
function withKeptContainers(inputs: ServiceInputs, context: ServiceContext, call: Call): ServiceContext {
  const known = (ids: string[], service: string, host: string) =>
    isUnknown(ids)
      ? (call.memory.fateOf(`${inputs.project}/${service}`, { name: host })?.containerIds ?? ids)
      : ids;
  const shares = Object.entries(context.shares).map(([name, ids]) => [
    name,
    known(ids, name, inputs.host.name),
  ]);
  const restarts = Object.entries(context.restarts ?? {}).map(([name, ids]) => {
    const at = name.lastIndexOf("@");
    return [name, known(ids, name.slice(0, at), name.slice(at + 1))];
  });
  return {
    ...context,
    shares: Object.fromEntries(shares),
    ...(context.restarts && { restarts: Object.fromEntries(restarts) }),
  };
}

function noteFate(
  { inputs, context, outputs }: Resource<"service">,
  reasons: Reason[],
  { snapshots, filesHash }: Gathered,
  call: Call,
): void {
  const seen = snapshots.get(inputs.host.name);
  const { containerIds } = outputs;
  if (!seen || !containerIds || reasons.some(({ code }) => code === "recreated")) return;
  // The image of a service whose build failed is not known.
  const known = withObservedValues(inputs, context, seen);
  const fate = known && fateOf(known, serviceOperations(inputs, known, filesHash(inputs), seen, outputs));
  if (fate) call.memory.noteFate(`${inputs.project}/${inputs.service}`, inputs.host, { fate, containerIds });
}

/** If the work fails, all other containers that it has affected return to their state. */
async function changing<T>(
  inputs: ServiceInputs,
  context: ServiceContext,
  call: Call,
  work: (call: TakingCall) => Promise<T>,
): Promise<T> {
  const { managers = [], gates = [] } = context.swarmGates ?? {};
  if (gates.length > 0) {
    // Loaded only for files with a swarm.
    const { passSwarmGate } = await import("../process/swarm-gate.js");
    for (const gate of gates) await passSwarmGate(gate, managers, call);
  }
  return withFollowers(inputs, context, call, () => withGivers(inputs, context, call, work));
}

/** Rolls back a failure by itself if the file says so. */
async function update(
  inputs: ServiceInputs,
  context: ServiceContext,
  state: ServiceInputs & ServiceOutputs,
  call: TakingCall,
): Promise<ServiceOutputs> {
  const seen = await observeToChange(inputs, context, call);
  const containers = await withAlterations(
    inputs,
    containersOf(seen.containers, inputs.project, inputs.service),
    call,
  );
  const others = seen.containers.filter(({ id }) => !containers.some((container) => container.id === id));
  const id = `${inputs.project}/${inputs.service}@${inputs.host.name}`;
  try {
    return await converge(
      id,
      inputs,
      context,
      { ...seen, containers: [...containers, ...others] },
      state,
      call,
    );
  } catch (error) {
    const { goingBack } = context.run;
    const hasFailed = error instanceof Unfinished && !isTolerated(error);
    const back = !goingBack && rollingOf(inputs).onFailure === "rollback" && hasFailed;
    const { last } = state;
    throw back && last !== undefined && !last.neverUp
      ? await rollBackService(state, context, error, call)
      : error;
  }
}

/** Each service would manage the other's containers. */
function sameEngine({ service, host }: ServiceInputs, other: string): K2Error {
  return new K2Error(
    "invalid-file",
    `services.${service} is placed on ${other} and ${host.name}, which are one engine`,
    {
      at: host.name,
      hint: "Give one of the two another address, or name only one of them and set deploy.replicas.",
    },
  );
}

type Seen = Awaited<ReturnType<typeof observeProject>>;

/** The ids of its networks matter only for containers that exist already. */
async function observeToCreate(inputs: ServiceInputs, context: ServiceContext, call: Call): Promise<Seen> {
  const seen = await observe(inputs, context, call, []);
  const there = seen.containers.some(
    ({ labels }) => labels[label.project] === inputs.project && labels[label.service] === inputs.service,
  );
  return there ? observeToChange(inputs, context, call) : seen;
}

/** Links refer to containers of other services; ports, addresses and names may be those of others. */
function observe(
  inputs: ServiceInputs,
  { networks }: ServiceContext,
  call: Call,
  names = Object.values(networks),
): Promise<Seen> {
  const { host, project, service, links } = inputs;
  const own = links?.length || exclusivesOf(inputs, networks).length > 0 ? {} : { service };
  return observeProject(call.session.engine(host), project, call.signal, { ...own, networks: names });
}

/** Includes attributes that lists do not contain. */
async function observeToChange(inputs: ServiceInputs, context: ServiceContext, call: Call): Promise<Seen> {
  const seen = await judged(inputs, context, await observe(inputs, context, call), call);
  const engine = call.session.engine(inputs.host);
  return { ...seen, containers: await withCrashLoops(engine, seen.containers, { signal: call.signal }) };
}

async function judged<T extends Pick<Seen, "containers">>(
  inputs: ServiceInputs,
  context: ServiceContext,
  seen: T,
  call: Call,
): Promise<T> {
  const engine = call.session.engine(inputs.host);
  return { ...seen, containers: await judge(engine, inputs, context, seen.containers, call.signal) };
}

async function converge(
  id: string,
  inputs: ServiceInputs,
  context: ServiceContext,
  seen: Seen,
  state: (ServiceInputs & ServiceOutputs) | undefined,
  call: TakingCall,
): Promise<ServiceOutputs> {
  const engine = call.session.engine(inputs.host);
  const there = containersOf(seen.containers, inputs.project, inputs.service);
  for (const container of there.filter((one) => !isOwn(one, state)))
    assertOwnership(`container ${container.name}`, container.labels, inputs.host, context.run);
  const desired = desiredForRun(inputs, context, filesHashOf(inputs), seen);
  const operations = serviceOperations(inputs, context, filesHashOf(inputs), seen, state);
  let touched = false;
  try {
    // An update without changes follows a failed run: the containers that came up then must prove themselves now.
    if (state && operations.stages.length === 0) {
      touched = true;
      await assertUp(desired, state, there, call);
    }
    if (operations.stages.length > 0) {
      const onStep = (step: Step) => {
        touched ||= step.op !== "gate";
        call.progress(step);
      };
      await carryOut(inputs, context, { desired, seen, state, onStep }, call);
      // A HealthCheck fails when it is too late for the others to have their ports back.
      if (call.givers.areAsked) await passProbe({ inputs, engine, context, call });
    }
    await removeLeft(engine, state ? [inputs, state] : [inputs], call.signal);
  } catch (error) {
    // Unfinished work must be in state, so that the next run continues it.
    if (!touched) throw error;
    const now = await outputsOf(inputs, context, desired, seen.engineId, call).catch(() => ({}));
    throw new Unfinished(id, leftBy(now, state), error);
  }
  const changed = operationsOf(operations).length > 0;
  return outputsOf(inputs, context, desired, seen.engineId, call, changed ? undefined : there);
}

interface Work {
  desired: DesiredService;
  seen: Seen;
  state: (ServiceInputs & ServiceOutputs) | undefined;
  onStep: OnStep;
}

/** Recreates containers that the engine can no longer start. */
async function carryOut(
  inputs: ServiceInputs,
  context: ServiceContext,
  work: Work,
  call: TakingCall,
): Promise<void> {
  const { desired, state, onStep } = work;
  const engine = call.session.engine(inputs.host);
  const { stopTimeout, waitTimeout } = context.run;
  const options = { signal: call.signal, onStep, stopTimeout, waitTimeout, rolling: desired.rolling };
  const dead = new Set<string>();
  for (let seen = work.seen; ;) {
    const operations = serviceOperations(inputs, context, filesHashOf(inputs), seen, state);
    try {
      const there = { seen: seen.containers, ...(state && { before: state }) };
      const steps = serviceSteps({ ...{ inputs, context, engine, desired, call }, ...there });
      return await execute(engine, operations, steps, options);
    } catch (error) {
      const stuck = stuckIn(error);
      if (stuck === undefined || dead.has(stuck)) throw error;
      dead.add(stuck);
      seen = withDead(work.seen, await observeToChange(inputs, context, call), dead);
    }
  }
}

/** `before`: alterations that were found then still exist. */
function withDead(before: Seen, now: Seen, dead: Set<string>): Seen {
  const altered = new Map(before.containers.map((one) => [one.id, one.altered]));
  const containers = now.containers.map((one) => ({
    ...one,
    ...(altered.get(one.id) && { altered: altered.get(one.id) }),
    ...(dead.has(one.id) && { state: "dead" }),
  }));
  return { ...now, containers };
}

/** Leftovers of killed runs, of the service as it is and as it was. */
async function removeLeft(engine: Engine, known: ServiceInputs[], signal: AbortSignal): Promise<void> {
  const synced = known.find((inputs) => inputs.synced);
  if (synced) await removeFillers(engine, synced, signal);
  const filled = known.find(({ configs, secrets }) => configs !== undefined || secrets !== undefined);
  const owner = synced ?? filled;
  if (owner) await removeLeftFiles(engine, owner, signal);
  const hooked = known.find(({ pre_start }) => pre_start);
  if (hooked) await removePreStart(engine, hooked, signal);
}

/** A container that was taken over from another stack keeps its label; it is in this stack's state from then on. */
function isOwn({ id }: ObservedContainer, state: Partial<ServiceOutputs> | undefined): boolean {
  return state?.containerIds?.includes(id) ?? false;
}

/** The present containers, with the inputs of the last successful deployment. */
function leftBy(now: Partial<ServiceOutputs>, state: ServiceOutputs | undefined): Partial<ServiceOutputs> {
  const { revision, last } = state ?? {};
  if (last) return { ...now, ...(revision !== undefined && { revision }), last };
  return { ...now, ...(now.last && { last: { ...now.last, neverUp: true } }) };
}

/** Waits for healthchecks. After a run that did not finish, containers without one are monitored, too. */
async function assertUp(
  { rolling: { monitor } }: DesiredService,
  { host, unfinished }: ServiceInputs & ServiceOutputs,
  there: ObservedContainer[],
  { session, signal, progress }: Call,
): Promise<void> {
  const unproven = there.filter(
    ({ state, health }) =>
      state === "running" && health !== "healthy" && (health !== undefined || unfinished === true),
  );
  await Promise.all(
    unproven.map(({ id, health }) => {
      const what = health === undefined ? "stable" : "healthy";
      return waitFor(session.engine(host), id, what, { signal, monitor, onWait: progress });
    }),
  );
}

async function outputsOf(
  inputs: ServiceInputs,
  context: ServiceContext,
  desired: DesiredService,
  engineId: string,
  call: Call,
  known?: ObservedContainer[],
): Promise<ServiceOutputs> {
  const { host, project, service } = inputs;
  const list = () => projectContainers(call.session.engine(host), project, { service, signal: call.signal });
  const there = known ?? containersOf(await list(), project, service);
  const { imageId, imageHealthcheck, shares, restarts, networks, volumes, job, hashed, gates } = context;
  return {
    schema: stateSchema,
    stack: context.run.stack,
    engineId,
    ...deployed(there),
    revision: revisionOf(desired),
    last: { imageId, imageHealthcheck, shares, restarts, networks, volumes, job, hashed, gates },
  };
}

function deployed(there: ObservedContainer[]): Pick<ServiceOutputs, "containers" | "containerIds"> {
  const sorted = [...there].sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  return { containers: sorted.map(deployedContainer), containerIds: sorted.map(({ id }) => id) };
}

function deployedContainer({ id, name, networks, ports }: ObservedContainer): DeployedContainer {
  const ip = Object.values(networks).find((network) => network.ip)?.ip;
  const published = ports.filter((port) => port.public !== undefined);
  const texts = published.map((port) => `${port.public}:${port.private}/${port.protocol}`);
  return { id, name, ...(ip !== undefined && { ip }), ports: [...new Set(texts)].sort() };
}

function stateOf(there: ObservedContainer[], name: string): string {
  return there.find((container) => container.name === name)?.state ?? "gone";
}
