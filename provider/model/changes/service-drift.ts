/** The reasons why a service with unchanged inputs needs an update, and the operations on its containers. */
import type { Run, ServiceInputs, ServiceContext, ServiceOutputs } from "../kinds.js";
import { type Rolling, rollingOf } from "../reconcile/update-policy.js";
import { gateText, type Operations, withoutStarts } from "../reconcile/operations.js";
import { containersOf, desiredService, filesHashIn } from "../reconcile/desired.js";
import type { DesiredService } from "../reconcile/desired-service.js";
import type { HostSnapshot } from "../observed.js";
import { replacedDependencies, unknownDependencies } from "../reconcile/dependency-restarts.js";
import { reconcile } from "../reconcile/reconcile.js";
import { imageNamed } from "../images/find-image.js";
import { isOpen, isUnknown } from "../unknown.js";
import { label } from "../labels.js";
import { takesOf, withTakes } from "./takes.js";
import { type Reason, type ReasonCode, reason, asDrift } from "../reasons.js";

/** Computed values that will change are a reason of their own; otherwise the planned operations are. */
export function serviceDrift(
  inputs: ServiceInputs,
  context: ServiceContext,
  filesHash: string | undefined,
  seen: HostSnapshot | undefined,
  state: LastKnown,
): Reason[] {
  const because = (code: ReasonCode, text: string) => reason(code, inputs.service, text);
  if (isOpen(context.imageId)) return [because("image", `image ${inputs.image} changes`)];
  const shared = Object.keys(context.shares).find((name) => isUnknown(context.shares[name]));
  if (shared !== undefined)
    return [because("dependency", `${shared}, whose namespace or volumes it shares, changes`)];
  const [restarted] = Object.entries(context.restarts ?? {}).find(([, ids]) => isUnknown(ids)) ?? [];
  if (restarted !== undefined)
    return [because("dependency", `${restarted} changes: will be restarted after it`)];
  if (!seen) return [];
  const { reasons } = serviceOperations(inputs, context, filesHash, seen, state);
  // A change that was asked for is not drift.
  const asked = isForced(context.run, inputs.service);
  if (reasons.length > 0) return asked ? reasons : reasons.map(asDrift);
  const left = leftoverVolumes(inputs, seen);
  if (left.length > 0)
    return left.map((name) =>
      asDrift(because("left-over", `volume ${name} has files of a container that is gone: will be removed`)),
    );
  if (inputs.synced && isCutOff(inputs, seen))
    return [asDrift(because("left-over", "an upload was interrupted: its leftovers will be removed"))];
  const later = state.last ? unknownDependencies(context.restarts, state.last.restarts) : [];
  if (later.length > 0)
    return later.map((name) => because("dependency", `will be restarted with ${name} from now on`));
  const ids = containersOf(seen.containers, inputs.project, inputs.service).map(({ id }) => id);
  const known = state.containerIds;
  const same = known === undefined || (known.length === ids.length && ids.every((id) => known.includes(id)));
  const text = "its containers were recreated: they will be taken over as they are";
  return same ? [] : [asDrift(because("recreated", text))];
}

/** Volumes of files, left by a run that was killed after it removed their container and before it removed them. */
function leftoverVolumes(
  { project, service }: ServiceInputs,
  { containers, volumes }: HostSnapshot,
): string[] {
  const own = volumes.filter(({ labels }) => labels[label.filesOf] === `${project}/${service}`);
  if (own.length === 0) return [];
  const used = new Set(containers.flatMap(({ mounts }) => mounts.map(({ name }) => name)));
  return own.map(({ name }) => name).filter((name) => !used.has(name));
}

/** Returns whether a run was killed during the upload of a folder, and left its container. */
function isCutOff({ project, service }: ServiceInputs, { containers }: HostSnapshot): boolean {
  return containers.some(({ labels }) => labels[label.fills] === `${project}/${service}`);
}

/**
 * The context with observed values in place of unknown ones: a preview of a first deployment reports "adopt" only if it
 * can assume that the existing image is the one that will be used.
 */
export function withObservedValues(
  inputs: ServiceInputs,
  context: ServiceContext,
  seen: HostSnapshot,
): ServiceContext | undefined {
  const image = isUnknown(context.imageId)
    ? imageNamed(seen.images, inputs.image ?? "")?.id
    : context.imageId;
  if (image === undefined) return undefined;
  const shares = Object.entries(context.shares).map(([name, ids]): [string, string[]] => {
    const there = () => containersOf(seen.containers, inputs.project, name).map(({ id }) => id);
    return [name, isUnknown(ids) ? there() : ids];
  });
  const imageHealthcheck = isUnknown(context.imageHealthcheck) ? false : context.imageHealthcheck;
  return {
    ...context,
    imageId: image,
    imageHealthcheck,
    shares: Object.fromEntries(shares),
  };
}

/** Returns the operations of `up` on the observed containers. */
export function serviceOperations(
  inputs: ServiceInputs,
  context: ServiceContext,
  filesHash: string | undefined,
  seen: Pick<HostSnapshot, "containers" | "networks">,
  state: LastKnown = {},
): Operations {
  const takes = takesOf(inputs, context, seen.containers);
  const desired = {
    ...desiredForRun(inputs, context, filesHash, seen),
    takes,
    restartFor: replacedDependencies(context.restarts, state.last?.restarts),
    prove: state.unfinished ?? context.moved ?? false,
    filesChanged: state.revision !== undefined && filesHashIn(state.revision) !== filesHash,
  };
  const there = containersOf(seen.containers, inputs.project, inputs.service);
  if (!context.run.noStart) return withTakes(takes, reconcile(desired, there));
  // A container that only needs a start is left as it is.
  return withoutStarts(
    reconcile(
      desired,
      there.map(({ lost: _lost, state: now, ...container }) => ({
        ...container,
        state: now === "restarting" ? "running" : now,
      })),
    ),
  );
}

/** The outputs of a service that its drift is compared with. */
export type LastKnown = Partial<Pick<ServiceOutputs, "containerIds" | "last" | "revision" | "unfinished">>;

export function desiredForRun(
  inputs: ServiceInputs,
  context: ServiceContext,
  filesHash: string | undefined,
  seen: Pick<HostSnapshot, "networks">,
  rolling?: Rolling,
): DesiredService {
  return desiredService(inputs, context, seen, {
    ...(filesHash !== undefined && { filesHash }),
    forceRecreate: isForced(context.run, inputs.service),
    noRecreate: context.run.noRecreate ?? false,
    gates: context.gates.map(gateText),
    probe: context.probe !== undefined,
    lends: (context.borrowers?.length ?? 0) > 0,
    rolling: rolling ?? rollingOf(inputs, context.run.goingBack ? "rollback_config" : "update_config"),
  });
}

/** Dependencies of named services are included, but are not force-recreated. */
export function isForced(
  { forceRecreate = false, recreateDependencies = false, named }: Run,
  service: string,
): boolean {
  return (named?.includes(service) ?? true) ? forceRecreate : recreateDependencies;
}
