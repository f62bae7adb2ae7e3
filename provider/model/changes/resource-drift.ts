/** What differs on a host from what state says of one resource, in words: the drift of all kinds. */
import { anewReasons } from "./recreation.js";
import {
  healthCheckDrift,
  hostDrift,
  hostImageDrift,
  imageDrift,
  imageTagDrift,
  type LastKnown,
  networkDrift,
  orphanDrift,
  serviceDrift,
  volumeDrift,
} from "./drift.js";
import type {
  HealthCheckContext,
  HealthCheckInputs,
  HostContext,
  HostImageContext,
  HostImageInputs,
  HostImageOutputs,
  HostInputs,
  HostOutputs,
  HostRef,
  ImageContext,
  ImageInputs,
  ImageTagContext,
  ImageTagInputs,
  NetworkContext,
  NetworkInputs,
  NetworkOutputs,
  Run,
  ServiceContext,
  ServiceInputs,
  VolumeInputs,
} from "../kinds.js";
import { type HostSnapshot, instanceOf, type ObservedContainer } from "../observed.js";
import { orphansOf } from "./orphans.js";
import { type PlanNode } from "../plan/node.js";
import { type Kind } from "../plan/node.js";
import { pinnedDrift, pinnedOnHostDrift } from "./pinned-images.js";
import type { RegistryAnswer } from "../images/pull-policy.js";
import type { Reason } from "../reasons.js";
import { type Deployed } from "../stack-state.js";

export interface Surroundings {
  run: Run;
  /** What is seen of each host; absent for one that is away. */
  sights: Map<string, HostSnapshot>;
  filesHash: (inputs: ServiceInputs) => string | undefined;
  /** What registries say now, by the names of the stack's images; of those only that are to be asked. */
  registries?: Map<string, RegistryAnswer>;
}

export interface Around extends Surroundings {
  /** What this run makes anew: "a network shop_default". */
  anew: Set<string>;
  /** What state knows on a host: ids of containers and networks. */
  idsOn: (host: string) => string[];
}

export type AnyDeployed = Deployed<Record<string, unknown>, Record<string, unknown>>;

export function driftOf(
  node: PlanNode,
  context: never,
  last: AnyDeployed,
  { run, sights, filesHash, registries, anew }: Around,
): Reason[] {
  const host = hostOf(node.kind, node.inputs);
  const seen = host && sights.get(host.name);
  const outputs = last.outputs as never;
  switch (node.kind) {
    case "host": {
      if (!seen) return [];
      const drift = hostDrift(node.inputs as HostInputs, outputs as HostOutputs, seen);
      return run.removeOrphans
        ? [
            ...drift,
            ...orphanDrift(
              orphansHere(node.inputs as HostInputs, { ...(context as HostContext), run }, sights),
            ),
          ]
        : drift;
    }
    case "network":
      return seen ? swarmAwareDrift(node.inputs as NetworkInputs, context, outputs, seen, sights) : [];
    case "volume":
      return seen ? volumeDrift(node.inputs as VolumeInputs, seen) : [];
    case "image": {
      if (host) {
        const { digest, pinned } = context as HostImageContext;
        if (pinned)
          return pinnedOnHostDrift(
            node.inputs as HostImageInputs,
            { digest, pinned },
            outputs as HostImageOutputs,
            seen,
          );
        return hostImageDrift(node.inputs as HostImageInputs, digest, outputs as HostImageOutputs, seen);
      }
      const { pinnedDigest } = context as ImageContext;
      if (pinnedDigest !== undefined) return pinnedDrift(node.inputs as ImageInputs, pinnedDigest, outputs);
      const hosts = (context as ImageContext).hosts.map(({ name }) => [name, sights.get(name)] as const);
      return imageDrift(
        node.inputs as ImageInputs,
        outputs,
        run,
        hosts.flatMap(([name, sight]) => (sight ? [[name, sight]] : [])),
        registries?.get((node.inputs as ImageInputs).image),
        (context as ImageContext).bases,
      );
    }
    case "service":
      return [
        ...anewReasons(context, (thing) => anew.has(`${host!.name} ${thing}`)),
        ...serviceDrift(
          node.inputs as ServiceInputs,
          { ...(context as ServiceContext), run },
          filesHash(node.inputs as ServiceInputs),
          seen,
          last.outputs as LastKnown,
        ),
      ];
    case "imageTag":
      return imageTagDrift(node.inputs as ImageTagInputs, (context as ImageTagContext).imageId, outputs);
    case "healthCheck":
      return healthCheckDrift(
        node.inputs as HealthCheckInputs,
        (context as HealthCheckContext).revision,
        outputs,
      );
  }
}

/** A swarm's network may be known on another host than its resource is on. */
function swarmAwareDrift(
  inputs: NetworkInputs,
  context: NetworkContext,
  state: NetworkOutputs,
  seen: HostSnapshot,
  sights: Map<string, HostSnapshot>,
): Reason[] {
  return networkDrift(inputs, context, state, seen, sights.get(state.swarm?.manager.name ?? ""));
}

/** Orphans of a host, judged with the services of every name that its engine has. */
function orphansHere(
  inputs: HostInputs,
  context: HostContext,
  sights: Map<string, HostSnapshot>,
): ObservedContainer[] {
  const seen = sights.get(inputs.name);
  if (!seen) return [];
  const same = context.hosts.filter(({ host }) => {
    const other = sights.get(host.name);
    return other !== undefined && instanceOf(other) === instanceOf(seen);
  });
  return orphansOf(
    seen.containers,
    { project: inputs.project, stack: context.run.stack },
    same.flatMap(({ services }) => services),
  );
}

export function hostOf(kind: Kind, inputs: PlanNode["inputs"]): HostRef | undefined {
  if (kind === "host") return inputs as HostInputs;
  return "host" in inputs ? inputs.host : undefined;
}
