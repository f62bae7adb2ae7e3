/** The changes of everything that is on a swarm, given what its hosts and a manager report. */
import { type Reason, reason } from "../../reasons.js";
import type { Shapes } from "../../kinds.js";
import type { ClusterPlan } from "../cluster/operations.js";
import { type ObjectKind, printObjectPlan } from "../objects.js";
import type { SwarmObservation } from "../observation.js";
import { printDifference } from "../spec/difference.js";
import { clusterChanges, clusterDrift, nodeChanges, nodeDrift, reasonsIn } from "./cluster.js";
import { objectChanges, objectDrift, type ObjectResource } from "./object.js";
import { printEffect, serviceChanges, swarmServiceDrift, type SwarmServiceResource } from "./service.js";
import type { OnSwarm, SwarmChanges, SwarmPrediction, SwarmResource } from "./kinds.js";

export function swarmChanges(seen: SwarmObservation): SwarmChanges {
  const changes: { [K in OnSwarm]: ChangesOf<K> } = {
    swarm: {
      drift: (resource) => clusterDrift(resource, seen),
      predict: (resource, last) =>
        predictedBy(clusterChanges(resource, seen), resource.inputs.project, last, seen),
    },
    swarmNode: {
      drift: (resource) => nodeDrift(resource, seen),
      predict: (resource, last) =>
        predictedBy(nodeChanges(resource, seen), resource.inputs.host.name, last, seen),
    },
    swarmConfig: {
      drift: (resource) => objectDrift("configs", resource, seen),
      predict: (resource, last) => predictObject("configs", resource, last, seen),
    },
    swarmSecret: {
      drift: (resource) => objectDrift("secrets", resource, seen),
      predict: (resource, last) => predictObject("secrets", resource, last, seen),
    },
    swarmService: {
      drift: (resource) => swarmServiceDrift(resource, seen),
      predict: (resource, last) => predictService(resource, last, seen),
    },
  };
  return {
    drift: (kind, resource) => changes[kind].drift(resource),
    predict: (kind, resource, last) => changes[kind].predict(resource, last),
  };
}

interface ChangesOf<K extends OnSwarm> {
  drift(resource: SwarmResource<K>): Reason[];
  predict(resource: SwarmResource<K>, last: Shapes[K]["inputs"] | undefined): SwarmPrediction;
}

/** A member that is there already is adopted; all others form the swarm, or join it. */
function predictedBy(
  plan: ClusterPlan,
  subject: string,
  last: object | undefined,
  { known }: SwarmObservation,
): SwarmPrediction {
  const isNew = known === undefined || plan.stages.flat().some(({ op }) => op === "join");
  return { reasons: last ? [] : reasonsIn(plan, subject), isThere: !isNew || plan.refusals.length > 0 };
}

function predictObject(
  kind: ObjectKind,
  resource: ObjectResource,
  last: object | undefined,
  { known }: SwarmObservation,
): SwarmPrediction {
  const { external, key } = resource.inputs;
  if (!known || external) return { reasons: [], isThere: external ?? false };
  const plan = objectChanges(kind, resource, known, "");
  const text = printObjectPlan({ kind, key }, plan);
  if (plan.op === "refuse") return { reasons: [reason("refused", key, text)], isThere: true };
  const reasons = last || plan.op === "create" ? [] : [reason("content", key, text)];
  const foreseen = plan.op === "use" ? { objectId: plan.id, objectName: plan.name } : undefined;
  return { reasons, isThere: plan.op === "use", ...(foreseen && { foreseen }) };
}

/** The file's changes are shown as fields: beside them, their effect. */
function predictService(
  resource: SwarmServiceResource,
  last: SwarmServiceResource["inputs"] | undefined,
  seen: SwarmObservation,
): SwarmPrediction {
  const { inputs, outputs } = resource;
  const changes = serviceChanges(resource, seen, last?.image === inputs.image ? outputs : {});
  if (!changes?.observed) return { reasons: [] };
  const { reconciliation, refused } = changes;
  if (refused) return { reasons: [refused], isThere: true };
  const effect = printEffect(reconciliation);
  const differences = last ? [] : reconciliation.changes.map(printDifference);
  const texts = [...differences, ...(effect === undefined ? [] : [effect])];
  return { reasons: texts.map((text) => reason("spec", inputs.service, text)), isThere: true };
}
