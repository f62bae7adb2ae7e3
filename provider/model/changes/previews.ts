/** What a preview shows of a resource beside its drift, kind by kind. Pure. */
import { filesHashIn, revisionOf } from "../reconcile/desired.js";
import { foresee, isForced, leftAt, serviceOperations, wantedService } from "./drift.js";
import type { Field } from "./fields.js";
import type { Resource, Seen } from "./kinds.js";
import type { Kind, Run, ServiceOutputs, Shapes } from "../kinds.js";
import { holdsAny, type HostSnapshot } from "../observed.js";
import type { Operations } from "../reconcile/operations.js";
import { type Reason, reason } from "../reasons.js";
import { anewReasons, volumeWords } from "./recreation.js";
import { type DeployedOf, secret } from "../stack-state.js";

export interface Surroundings extends Omit<Seen, "isRecreated"> {
  run: Run;
}

export interface Around extends Seen {
  run: Run;
  /** What state knows on a host: ids of containers and networks. */
  idsOn: (host: string) => string[];
}

export interface Foreseen {
  reasons: Reason[];
  /** It is there already, and is taken into state. */
  isThere?: boolean;
  operations?: Operations;
}

interface Preview<K extends Kind> {
  /** `last` is absent for what is not in state. */
  foresee?(
    resource: Resource<K>,
    last: DeployedOf<K> | undefined,
    seen: HostSnapshot,
    around: Around,
  ): Foreseen;
  /** Fields that differ, without those that only seem to. */
  fields?(fields: Field[], resource: Resource<K>, around: Around): Field[];
  /** What differs follows from what this run was asked for. */
  isAskedFor?(resource: Resource<K>, around: Around): boolean;
  /** Absent for what is only forgotten where it leaves the file. */
  removal?: Removal<K>;
}

interface Removal<K extends Kind> {
  /** Why it is only forgotten. */
  stays?(last: DeployedOf<K>, run: Run): Reason | undefined;
  /** What tells its engine from a clone; undefined: every engine of the swarm has it. */
  ids(outputs: Partial<Shapes[K]["outputs"]>): string[] | undefined;
}

export const previews: { [K in Kind]: Preview<K> } = {
  host: {
    foresee({ inputs }, last, seen, { idsOn }) {
      if (!last) return { reasons: [] };
      // A host that is only called otherwise is found again by what it has.
      const isSame = seen.engine.id === last.outputs.engineId && holdsAny(seen, idsOn(inputs.name));
      return { reasons: leftAt(last.inputs, inputs, isSame) };
    },
  },

  network: {
    foresee({ inputs }, last, seen) {
      const isThere = seen.networks.some(({ name }) => name === inputs.name);
      // An engine that only works for a swarm does not know networks that nobody uses there.
      const mayBeHidden = seen.engine.swarm !== undefined && !seen.engine.swarm.manager;
      const external = last || (!isThere && mayBeHidden) ? [] : externalReasons("network", inputs, isThere);
      return { reasons: external, isThere };
    },
    removal: {
      stays: ({ name, outputs: { swarm } }) =>
        swarm && !swarm.home ? reason("stays", name, "others of its swarm use it") : undefined,
      ids: ({ swarm, networkId }) => (swarm ? undefined : networkId === undefined ? [] : [networkId]),
    },
  },

  volume: {
    foresee({ inputs }, last, seen, { run }) {
      const isThere = seen.volumes.some(({ name }) => name === inputs.name);
      const external = last ? [] : externalReasons("volume", inputs, isThere);
      return { reasons: [...volumeWords(inputs, seen, run), ...external], isThere };
    },
    removal: {
      stays: ({ name }, { volumes }) =>
        volumes === "remove" ? undefined : reason("stays", name, "its data stays"),
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
    foresee: foreseeService,
    fields: withoutEqualSecrets,
    isAskedFor({ inputs, context }, { run, isRecreated }) {
      const renewed = anewReasons(context, (thing) => isRecreated(inputs.host, thing));
      return isForced(run, inputs.service) || renewed.length > 0;
    },
    removal: { ids: ({ containerIds = [] }) => containerIds },
  },

  healthCheck: {},

  imageTag: {},
};

/** What is somebody else's is not taken over; where it is missing the run would fail, which is to be said before. */
function externalReasons(
  kind: "network" | "volume",
  { name, external }: { name: string; external?: boolean },
  isThere: boolean,
): Reason[] {
  if (!external) return [];
  const text = isThere
    ? "is external: used as it is"
    : `is external, and not there: create it (docker ${kind} create ${name})`;
  return [reason("external", name, text)];
}

function foreseeService(
  { inputs, context, outputs }: Resource<"service">,
  _last: unknown,
  seen: HostSnapshot,
  { filesHash }: Around,
): Foreseen {
  const foreseen = foresee(inputs, context, seen);
  if (!foreseen) return { reasons: [] };
  const operations = serviceOperations(inputs, foreseen, filesHash(inputs), seen, outputs);
  const steps = operations.stages.flat().flatMap((stage) => stage.steps);
  const isThere =
    operations.kept.length > 0 || steps.some((step) => "container" in step && step.container.id);
  return { operations, reasons: operations.reasons, isThere };
}

/** State keeps secrets encrypted; that they are equal is told by the hashes that were computed with them. */
function withoutEqualSecrets(fields: Field[], resource: Resource<"service">, around: Around): Field[] {
  if (!fields.some(({ before }) => before === secret)) return fields.map(hidden);
  const { inputs, context, outputs } = resource;
  const { revision, last }: Partial<ServiceOutputs> = outputs;
  const wanted = wantedService(inputs, { ...context, ...last }, around.filesHash(inputs), { networks: [] });
  const isSame = revisionOf(wanted) === revision;
  const sameFiles = revision !== undefined && filesHashIn(revision) === wanted.filesHash;
  const isEqual = ({ before, path }: Field) =>
    before === secret && (isSame || (sameFiles && /^(config|secret)_contents\./.test(path)));
  return fields.filter((field) => !isEqual(field)).map(hidden);
}

/** Of a secret only that it changes may be said. */
function hidden({ path, before, after }: Field): Field {
  const isSecret = before === secret || path.startsWith("secret_contents");
  return { path, before, after: isSecret && after !== undefined ? secret : after };
}
