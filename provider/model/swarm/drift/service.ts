/** How a service of a swarm becomes the one that the file describes. */
import { label } from "../../labels.js";
import { isForeign, ownerLabels } from "../../ownership.js";
import { type Reason, reason } from "../../reasons.js";
import type {
  Platform,
  SwarmServiceContext,
  SwarmServiceInputs,
  SwarmServiceOutputs,
} from "../../swarm-data.js";
import type { SwarmObservation } from "../observation.js";
import type { ObservedSwarmService } from "../observed.js";
import { printDifference } from "../spec/difference.js";
import { type Reconciliation, reconcileService } from "../spec/reconcile.js";
import { serviceName, serviceSpec } from "../spec/spec.js";
import type { ServiceSpec } from "../spec-types.js";
import { swarmLabel } from "../swarm-labels.js";
import { managersMoved } from "./managers.js";

export interface SwarmServiceResource {
  inputs: SwarmServiceInputs;
  context: SwarmServiceContext;
  outputs: Partial<SwarmServiceOutputs>;
}

/** The image as its registry has it. */
export interface ImageAnswer {
  digest?: string;
  platforms?: Platform[];
}

export interface ServiceChanges {
  observed?: ObservedSwarmService;
  reconciliation: Reconciliation;
  /** The service belongs to another stack, or to none: it is only taken over if the run says so. */
  refused?: Reason;
}

/** Undefined if no manager answers. `image` absent: that of the state. */
export function serviceChanges(
  resource: SwarmServiceResource,
  { known }: SwarmObservation,
  image: ImageAnswer = resource.outputs,
): ServiceChanges | undefined {
  if (!known) return undefined;
  const observed = serviceNamed(resource, known.services);
  const desired = specOf(resource, observed, image);
  const refused = observed && refusalOf(resource, observed);
  return {
    reconciliation: reconcileService(desired, observed, known.networks),
    ...(observed && { observed }),
    ...(refused && { refused }),
  };
}

function serviceNamed(
  { inputs: { project, service } }: Pick<SwarmServiceResource, "inputs">,
  services: ObservedSwarmService[],
): ObservedSwarmService | undefined {
  const name = serviceName(project, service);
  return services.find(({ spec }) => spec.Name === name);
}

function specOf(
  { inputs, context }: SwarmServiceResource,
  observed: ObservedSwarmService | undefined,
  { digest, platforms }: ImageAnswer,
): ServiceSpec {
  const { redeploy } = inputs;
  const { networks, volumes, configs, secrets } = context;
  const labels = {
    ...ownerLabels(context.run, observed?.spec.Labels),
    ...(redeploy !== undefined && { [swarmLabel.redeploy]: redeploy }),
  };
  const before = observed?.spec.Labels?.[swarmLabel.redeploy];
  const isRestarted = observed !== undefined && redeploy !== undefined && redeploy !== before;
  const count = observed?.spec.TaskTemplate.ForceUpdate ?? 0;
  return serviceSpec(inputs, {
    ...{ networks, volumes, configs, secrets, labels },
    ...(digest !== undefined && { digest }),
    ...(platforms && { platforms }),
    ...(isRestarted && { forceUpdate: count + 1 }),
  });
}

/** One that the state knows is ours, whatever its labels are now. */
function refusalOf(
  { context: { run }, outputs }: SwarmServiceResource,
  { id, spec }: ObservedSwarmService,
): Reason | undefined {
  if (run.takeOver || outputs.serviceId === id) return undefined;
  const labels = spec.Labels ?? {};
  const isOurs = labels[label.stack] !== undefined && !isForeign(labels, run);
  if (isOurs) return undefined;
  const owner = labels[label.stack];
  const whose = owner === undefined ? "was not deployed by k2-compose" : `belongs to stack ${owner}`;
  return reason("foreign", spec.Name, `${spec.Name} ${whose}: refused without --take-over`);
}

export function swarmServiceDrift(resource: SwarmServiceResource, seen: SwarmObservation): Reason[] {
  const name = resource.inputs.service;
  const changes = serviceChanges(resource, seen);
  if (!changes) return [];
  const { observed, reconciliation, refused } = changes;
  if (refused) return [refused];
  if (!observed) return [reason("missing", name, `${name} is missing: will be created`)];
  const asked = isForced(resource.inputs, resource.context)
    ? [reason("asked-for", name, `${name} is recreated: --force-recreate`)]
    : [];
  const paused = [...asked, ...pausedReason(name, observed)];
  const moved = managersMoved(name, resource);
  return [
    ...paused,
    ...reconciliation.changes.map((each) => reason("spec", name, printDifference(each))),
    ...moved,
  ];
}

/** `--force-recreate`, for all services or for those that the command names. */
export function isForced(
  { service }: Pick<SwarmServiceInputs, "service">,
  { run }: Pick<SwarmServiceContext, "run">,
): boolean {
  return run.forceRecreate === true && (run.named?.includes(service) ?? true);
}

function pausedReason(name: string, { update }: ObservedSwarmService): Reason[] {
  const state = update?.state;
  return state === "paused" || state === "rollback_paused"
    ? [reason("paused", name, `${name}: its ${state === "paused" ? "update" : "rollback"} is paused`)]
    : [];
}

/** The effect of a change, beside the fields that the file changes. */
export function printEffect({ op, spec, restarts }: Reconciliation): string | undefined {
  if (op === "none") return "no restart";
  if (op === "create") return undefined;
  if (op === "replace") return "replaced: it is down between its removal and its creation";
  if (!restarts) return "restarts nothing";
  const { Parallelism = 1, Order = "stop-first", FailureAction = "pause" } = spec.UpdateConfig ?? {};
  const pace = Parallelism === 0 ? "all at once" : `${Parallelism} at a time`;
  return `restarts ${countOf(spec)}, ${pace}, ${Order || "stop-first"}; on failure: ${FailureAction || "pause"}`;
}

function countOf({ Mode }: ServiceSpec): string {
  if (!("Replicated" in Mode)) return "tasks";
  const count = Mode.Replicated.Replicas ?? 1;
  return `${count} ${count === 1 ? "task" : "tasks"}`;
}
