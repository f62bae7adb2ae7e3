/** The parts of a preview beside a resource's drift, kind by kind. Pure. */
import { addressChangeReasons } from "./drift.js";
import { isForced, serviceOperations, withObservedValues } from "./service-drift.js";
import { type Fate, fateOf } from "./followers.js";
import { orphanRemovals, type Resource, type Seen } from "./kinds.js";
import type { Kind, Run, Shapes } from "../kinds.js";
import { activeMember, holdsAny, type HostSnapshot } from "../observed.js";
import type { Unmasked } from "./masked-inputs.js";
import type { Operations } from "../reconcile/operations.js";
import { type Reason, reason } from "../reasons.js";
import { networkRecreationReasons, recreationReasons, volumeRecreationReasons } from "./recreation.js";
import type { DeployedOf } from "../stack-state.js";
import { networkTakeReasons } from "./network-takes.js";
import { takeReasons } from "./takes.js";

export interface Observations extends Omit<Seen, "isRecreated" | "fateOf">, Pick<Unmasked, "decrypted"> {
  run: Run;
}

export interface PreviewContext extends Seen, Pick<Unmasked, "decrypted"> {
  run: Run;
  /** Ids of containers and networks on a host, from the state. */
  idsOn: (host: string) => string[];
}

export interface Prediction {
  reasons: Reason[];
  /** The object exists, and is taken into state. */
  isThere?: boolean;
  operations?: Operations;
  fate?: Fate;
  /** Outputs that are known before the run, for resources that read them. */
  foreseen?: object;
}

interface Preview<K extends Kind> {
  /** `last` is absent for a resource that is not in state. */
  predict?(
    resource: Resource<K>,
    last: DeployedOf<K> | undefined,
    seen: HostSnapshot,
    observed: PreviewContext,
  ): Prediction;
  /** For what is on a swarm instead of one host. */
  predictOnSwarm?(
    resource: Resource<K>,
    last: DeployedOf<K> | undefined,
    swarm: NonNullable<Seen["swarm"]>,
  ): Prediction;
  /** The differences follow from an option of this run. */
  isAskedFor?(resource: Resource<K>, observed: PreviewContext): boolean;
  /** Absent for a kind that is only forgotten after it leaves the file. */
  removal?: Removal<K>;
}

interface Removal<K extends Kind> {
  /** The reason why the object is only forgotten. */
  stays?(last: DeployedOf<K>, run: Run): Reason | undefined;
  /** Distinguishes its engine from a clone; undefined: every engine of the swarm has the object. */
  ids(outputs: Partial<Shapes[K]["outputs"]>): string[] | undefined;
}

export const previews: { [K in Kind]: Preview<K> } = {
  host: {
    predict(resource, last, seen, { idsOn, snapshots }) {
      const { inputs } = resource;
      const removals = orphanRemovals(resource, snapshots);
      if (!last) return { reasons: removals };
      // A host with a new name is recognized by its objects.
      const isSame = seen.engine.id === last.outputs.engineId && holdsAny(seen, idsOn(inputs.name));
      return { reasons: [...addressChangeReasons(last.inputs, inputs, isSame), ...removals] };
    },
  },

  network: {
    predict({ inputs, context }, last, seen) {
      const isThere = seen.networks.some(({ name }) => name === inputs.name);
      // A swarm's worker does not list networks that are unused on it.
      const mayBeHidden = activeMember(seen.engine.swarm)?.control === false;
      const external = last || (!isThere && mayBeHidden) ? [] : externalReasons("network", inputs, isThere);
      const takes = networkTakeReasons(inputs, context, seen.networks);
      const recreated = last ? [] : networkRecreationReasons(inputs, seen);
      return { reasons: [...recreated, ...external, ...takes], isThere };
    },
    removal: {
      stays: ({ name, outputs: { swarm } }) =>
        swarm && !swarm.home ? reason("stays", name, "other hosts of its swarm use it") : undefined,
      ids: ({ swarm, networkId }) => (swarm ? undefined : networkId === undefined ? [] : [networkId]),
    },
  },

  volume: {
    predict({ inputs }, last, seen, { run }) {
      const isThere = seen.volumes.some(({ name }) => name === inputs.name);
      const external = last ? [] : externalReasons("volume", inputs, isThere);
      return { reasons: [...volumeRecreationReasons(inputs, seen, run), ...external], isThere };
    },
    removal: {
      stays: ({ name }, { volumes }) =>
        volumes === "remove" ? undefined : reason("stays", name, "its data is kept"),
      ids: () => [],
    },
  },

  image: {
    isAskedFor: ({ outputs }, { run }) => run.build === true || outputs.unbuilt === true,
  },

  hostImage: {
    isAskedFor: (_resource, { run }) => run.build === true,
  },

  service: {
    predict: predictService,
    isAskedFor({ inputs, context }, { run, isRecreated }) {
      const renewed = recreationReasons(context, (thing) => isRecreated(inputs.host, thing));
      return isForced(run, inputs.service) || renewed.length > 0;
    },
    removal: { ids: ({ containerIds = [] }) => containerIds },
  },

  healthCheck: {},

  imageTag: {},

  swarm: {
    predictOnSwarm: (resource, last, seen) => seen.predict("swarm", resource, last?.inputs),
    removal: {
      stays: ({ name }, { leaveSwarm }) =>
        leaveSwarm ? undefined : reason("stays", name, "the hosts stay in the swarm (--leave-swarm ends it)"),
      ids: () => [],
    },
  },

  swarmNode: {
    predictOnSwarm: (resource, last, seen) => seen.predict("swarmNode", resource, last?.inputs),
    removal: {
      stays: ({ name, outputs: { joined } }) =>
        joined ? undefined : reason("stays", name, "was in the swarm before, and stays in it"),
      ids: () => [],
    },
  },

  swarmConfig: {
    predictOnSwarm: (resource, last, seen) => seen.predict("swarmConfig", resource, last?.inputs),
    removal: { ids: () => [] },
  },
  swarmSecret: {
    predictOnSwarm: (resource, last, seen) => seen.predict("swarmSecret", resource, last?.inputs),
    removal: { ids: () => [] },
  },
  swarmService: {
    predictOnSwarm: (resource, last, seen) => seen.predict("swarmService", resource, last?.inputs),
    removal: { ids: () => [] },
  },
};

/** Another owner's object is not taken over. Reports a missing one, because the run would fail. */
function externalReasons(
  kind: "network" | "volume",
  { name, external }: { name: string; external?: boolean },
  isThere: boolean,
): Reason[] {
  if (!external) return [];
  const text = isThere
    ? "is external: used as it is"
    : `is external, and does not exist: create it (docker ${kind} create ${name})`;
  return [reason("external", name, text)];
}

function predictService(
  { inputs, context, outputs }: Resource<"service">,
  _last: unknown,
  seen: HostSnapshot,
  { filesHash, isRecreated }: PreviewContext,
): Prediction {
  const predicted = withObservedValues(inputs, context, seen);
  // Without its image, all its containers are created.
  if (!predicted) return { reasons: takeReasons(inputs, context, seen) };
  const operations = serviceOperations(inputs, predicted, filesHash(inputs), seen, outputs);
  const steps = operations.stages.flat().flatMap((stage) => stage.steps);
  const isThere =
    operations.kept.length > 0 || steps.some((step) => "container" in step && step.container.id);
  const renewed = recreationReasons(context, (thing) => isRecreated(inputs.host, thing));
  const fate = renewed.length > 0 ? undefined : fateOf(context, operations);
  return { operations, reasons: operations.reasons, isThere, ...(fate && { fate }) };
}
