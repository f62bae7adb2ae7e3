/**
 * The reasons why a resource with unchanged inputs needs an update: its host differs from the last deployed state.
 * One function a kind, a sentence a reason; previews, `up` and the CLI all call them.
 */
import { builtId, localDigest, repositoryDigest, shortDigest, shortId } from "../images/digest.js";
import type {
  HealthCheckInputs,
  HealthCheckOutputs,
  HostImageInputs,
  HostImageOutputs,
  HostInputs,
  HostOutputs,
  ImageContext,
  ImageInputs,
  ImageOutputs,
  ImageTagInputs,
  ImageTagOutputs,
  NetworkContext,
  NetworkInputs,
  NetworkOutputs,
  Run,
  ServiceContext,
  ServiceInputs,
  ServiceOutputs,
  VolumeInputs,
} from "../kinds.js";
import { containersOf, desiredService, filesHashIn } from "../reconcile/desired.js";
import { isDue, neverPulls, pullPolicy, type RegistryAnswer } from "../images/pull-policy.js";
import { label } from "../labels.js";
import { holdsProject, type HostSnapshot, type ObservedContainer } from "../observed.js";
import { imageNamed } from "../images/find-image.js";
import { gateText, type Operations, withoutStarts } from "../reconcile/operations.js";
import { reconcile } from "../reconcile/reconcile.js";
import { type DesiredService } from "../reconcile/desired-service.js";
import { asDrift, type Reason, reason, type ReasonCode, reasonFor, reasonThat } from "../reasons.js";
import { type Rolling, rollingOf } from "../reconcile/update-policy.js";
import { replacedDependencies, unknownDependencies } from "../reconcile/dependency-restarts.js";
import { isOpen, isUnknown } from "../unknown.js";

export function hostDrift(inputs: HostInputs, state: Partial<HostOutputs>, seen: HostSnapshot): Reason[] {
  if (seen.engine.id === state.engineId) return [];
  const text = `another engine answers at ${inputs.address} (${seen.engine.id}, was ${state.engineId ?? "unknown"})`;
  return [asDrift(reason("another-engine", inputs.name, text))];
}

/** The reasons for a host whose address changed. `isSame`: the engine is still the same. */
export function addressChangeReasons(
  last: HostInputs,
  { name, address }: HostInputs,
  isSame: boolean,
): Reason[] {
  if (last.address === address || isSame) return [];
  const text =
    `another engine answers at ${address}: containers and volumes at ${last.address} are kept there, but no longer managed. ` +
    "To move them, give the other engine a name of its own";
  return [reason("another-engine", name, text)];
}

export function orphanDrift(orphans: ObservedContainer[]): Reason[] {
  return orphans.map(({ name }) => reason("orphan", name, `orphan ${name}: will be removed`));
}

/** `atManager`: the snapshot of the swarm's manager that knows the network, if the network belongs to a swarm. */
export function networkDrift(
  inputs: NetworkInputs,
  { home }: Pick<NetworkContext, "home">,
  state: Partial<NetworkOutputs>,
  seen: HostSnapshot,
  atManager?: HostSnapshot,
): Reason[] {
  const called = ({ networks }: HostSnapshot) => networks.find(({ name }) => name === inputs.name);
  const because = (code: ReasonCode, text: string) => reason(code, inputs.name, text);
  if (state.swarm && !seen.engine.swarm)
    return [
      asDrift(
        because(
          "swarm",
          `${inputs.host.name} is no longer in a swarm, and ${inputs.name} is a swarm network`,
        ),
      ),
    ];
  if (state.swarm && state.swarm.home !== (home === inputs.host.name))
    return [because("swarm", `network ${inputs.name} is now managed from ${home ?? "no host"}`)];
  // A swarm's worker lists its networks only while containers use them.
  const there = called(seen) ?? (atManager && called(atManager));
  if (!there && state.swarm && !seen.engine.swarm?.manager && !atManager) return [];
  if (!there)
    return [
      asDrift(
        because(
          "missing",
          `network ${inputs.name} is missing: will be ${inputs.external ? "looked up" : "created"}`,
        ),
      ),
    ];
  return there.id === state.networkId
    ? []
    : [asDrift(because("recreated", `network ${inputs.name} was recreated: will be taken over`))];
}

export function volumeDrift(inputs: VolumeInputs, seen: HostSnapshot): Reason[] {
  if (seen.volumes.some(({ name }) => name === inputs.name)) return [];
  const verb = inputs.external ? "looked up" : "created, empty";
  return [asDrift(reason("missing", inputs.name, `volume ${inputs.name} is missing: will be ${verb}`))];
}

/**
 * A pull by hand on one host changes the image for all hosts. So does a new digest in the registry, if the pull policy
 * requires a request. A request that failed is repeated, and its failure is an error then.
 */
export function imageDrift(
  inputs: ImageInputs,
  state: Partial<ImageOutputs>,
  run: Run,
  hosts: [host: string, seen: HostSnapshot][],
  registry?: RegistryAnswer,
  bases: ImageContext["bases"] = {},
): Reason[] {
  const { image } = inputs;
  const moved = registry && isDue(inputs, state, run) ? registryDrift(image, state, registry) : undefined;
  if (inputs.build) {
    // If the registry does not answer, the image is built.
    const pulled = registry && "digest" in registry ? (moved ?? []) : [];
    return [...pulled, ...baseDrift(inputs, state, bases), ...buildDrift(inputs, state, run, hosts)];
  }
  if (moved) return moved;
  if (state.digest === localDigest) {
    // A run that did not pull has found it in no registry, or a host has lost it.
    if (neverPulls(pullPolicy(inputs, run))) return [];
    const without = hosts.filter(([, seen]) => !imageNamed(seen.images, image));
    return without.map(([host]) =>
      reasonThat("missing", image, `is not on ${host}: its registry will be asked`),
    );
  }
  return hosts.flatMap(([host, seen]) => {
    // An image on a host that is only being added does not change the image of the others.
    if (!holdsProject(seen, inputs.project)) return [];
    const digest = repositoryDigest(imageNamed(seen.images, inputs.image)?.digests ?? [], inputs.image);
    if (digest === undefined || digest === state.digest) return [];
    const change = `${shortDigest(digest)} now (was ${shortDigest(state.digest ?? "")})`;
    return [reasonThat("moved", inputs.image, `on ${host} is ${change}: will be used on all hosts`)];
  });
}

function registryDrift(
  image: string,
  state: Partial<ImageOutputs>,
  registry: NonNullable<RegistryAnswer>,
): Reason[] {
  if ("failure" in registry) {
    const text = `its registry does not report the current digest of ${image}: will be asked again (${registry.failure})`;
    return [reason("registry", image, text)];
  }
  const { digest } = registry;
  if (digest === state.digest) return [];
  const [now, before] = [shortDigest(digest), shortDigest(state.digest ?? "")];
  return [
    asDrift(reasonThat("moved", image, `is ${now} in its registry now (was ${before}): will be pulled`)),
  ];
}

function baseDrift(
  { image }: ImageInputs,
  state: Partial<ImageOutputs>,
  bases: NonNullable<ImageContext["bases"]>,
): Reason[] {
  return Object.entries(bases).flatMap(([service, { digest }]) => {
    if (isUnknown(digest))
      return [
        reason("base", service, `${service} changes, which ${image} is built from: will be built after it`),
      ];
    const before = state.bases?.[service];
    return before === digest
      ? []
      : [reason("base", service, `${service} changed, which ${image} is built from: will be built`)];
  });
}

/** A built image must exist on the host that built it. */
function buildDrift(
  inputs: ImageInputs,
  state: Partial<ImageOutputs>,
  run: Run,
  hosts: [host: string, seen: HostSnapshot][],
): Reason[] {
  if (run.build) return [reasonFor("asked-for", inputs.image, "will be built, as asked for")];
  if (state.unbuilt && !run.noBuild)
    return [reasonThat("unbuilt", inputs.image, "was not built (--no-build): will be built")];
  const [first] = hosts;
  const id = builtId(state.digest ?? "");
  // An image that was pulled instead is checked by the resource of each host.
  if (!first || id === undefined) return [];
  const [host, seen] = first;
  const there = imageNamed(seen.images, inputs.image);
  if (!there)
    return [
      asDrift(reason("missing", inputs.image, `image ${inputs.image} is missing on ${host}: will be built`)),
    ];
  return id === there.id
    ? []
    : [asDrift(reasonThat("moved", inputs.image, `on ${host} is another image now: will be built`))];
}

export function hostImageDrift(
  inputs: HostImageInputs,
  digest: string,
  state: Partial<HostImageOutputs>,
  seen: HostSnapshot | undefined,
): Reason[] {
  if (isOpen(digest)) return [reasonFor("moved", inputs.image, "its digest changes")];
  if (!seen) return [];
  const there = imageNamed(seen.images, inputs.image);
  if (!there)
    return [asDrift(reason("missing", inputs.image, `image ${inputs.image} is missing: will be fetched`))];
  if (state.digest !== undefined && state.digest !== digest)
    return [
      reasonThat("moved", inputs.image, `is ${shortDigest(digest)} now (was ${shortDigest(state.digest)})`),
    ];
  if (there.id === state.imageId) return [];
  const ids = `${shortId(there.id)}, was ${shortId(state.imageId ?? "")}`;
  return [reasonThat("moved", inputs.image, `is another image now (${ids})`)];
}

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
  const desired = {
    ...desiredForRun(inputs, context, filesHash, seen),
    restartFor: replacedDependencies(context.restarts, state.last?.restarts),
    filesChanged: state.revision !== undefined && filesHashIn(state.revision) !== filesHash,
  };
  const there = containersOf(seen.containers, inputs.project, inputs.service);
  if (!context.run.noStart) return reconcile(desired, there);
  // A container that only needs a start is left as it is.
  return withoutStarts(
    reconcile(
      desired,
      there.map(({ lost: _lost, ...container }) => container),
    ),
  );
}

/** The outputs of a service that its drift is compared with. */
export type LastKnown = Partial<Pick<ServiceOutputs, "containerIds" | "last" | "revision">>;

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

export function imageTagDrift(
  inputs: ImageTagInputs,
  imageId: string,
  state: Partial<ImageTagOutputs>,
): Reason[] {
  const again = `will be tagged ${inputs.target} again`;
  if (isOpen(imageId)) return [reasonThat("moved", inputs.source, `changes: ${again}`)];
  return imageId === state.imageId
    ? []
    : [reasonThat("moved", inputs.source, `is another image now: ${again}`)];
}

export function healthCheckDrift(
  inputs: HealthCheckInputs,
  revision: string,
  state: Partial<HealthCheckOutputs>,
): Reason[] {
  // Scaling does not replace containers, which is known only after the update.
  if (isOpen(revision))
    return [
      reasonThat("outdated", inputs.service, "changes: will be checked again if its containers are replaced"),
    ];
  return revision === state.revision
    ? []
    : [reasonThat("outdated", inputs.service, "changed: will be checked again")];
}
