/** The reasons why an image with unchanged inputs must be pulled, built or tagged again. */
import { builtId, isBehind, localDigest, repositoryDigest, shortDigest, shortId } from "../images/digest.js";
import { imageNamed } from "../images/find-image.js";
import { type RegistryAnswer, isDue, neverPulls, pullPolicy } from "../images/pull-policy.js";
import type {
  ImageInputs,
  ImageOutputs,
  Run,
  ImageContext,
  HostImageOutputs,
  HostImageInputs,
  ImageTagOutputs,
  ImageTagInputs,
} from "../kinds.js";
import { type HostSnapshot, holdsProject } from "../observed.js";
import { reason, asDrift, type Reason, reasonThat, reasonFor } from "../reasons.js";
import { isOpen, isUnknown } from "../unknown.js";

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
    if (digest === undefined || digest === state.digest || isBehind(state, host, digest)) return [];
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
