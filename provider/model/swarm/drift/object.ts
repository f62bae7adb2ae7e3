/** How a config or secret of a swarm becomes the one that the file describes. */
import { isForeign, ownerLabels } from "../../ownership.js";
import { type Reason, reason } from "../../reasons.js";
import type { SwarmContext, SwarmObjectInputs, SwarmObjectOutputs } from "../../swarm-data.js";
import {
  dataIn,
  type ObjectKind,
  type ObjectPlan,
  planObject,
  printObjectPlan,
  replacedObjects,
  type WantedObject,
} from "../objects.js";
import type { ManagersAnswer, SwarmObservation } from "../observation.js";
import type { ObservedConfig } from "../observed.js";
import { swarmLabel } from "../swarm-labels.js";
import { managersMoved } from "./managers.js";

export interface ObjectResource {
  inputs: SwarmObjectInputs;
  context: SwarmContext;
  outputs: Partial<SwarmObjectOutputs>;
}

export function wantedObject(
  kind: ObjectKind,
  { inputs, context }: Pick<ObjectResource, "inputs" | "context">,
  existing?: Record<string, string>,
): WantedObject {
  const { project, key, name, labels } = inputs;
  return {
    ...{ kind, project, key, data: dataIn(inputs) },
    ...(name !== undefined && { name }),
    labels: { ...labels, ...ownerLabels(context.run, existing) },
  };
}

/** `salt`: random, for a new secret. */
export function objectChanges(
  kind: ObjectKind,
  resource: ObjectResource,
  { [kind]: objects, services }: ManagersAnswer,
  salt: string,
): ObjectPlan {
  const { run } = resource.context;
  const { objectId } = resource.outputs;
  const own = objects.filter(({ id, labels }) => run.takeOver || id === objectId || !isForeign(labels, run));
  const { project, key } = resource.inputs;
  const existing = own.find(
    ({ labels }) => labels[swarmLabel.of] === key && labels[swarmLabel.namespace] === project,
  );
  const wanted = wantedObject(kind, resource, existing?.labels);
  return planObject(wanted, { objects: own, services }, { salt, takeOver: run.takeOver ?? false });
}

/** Earlier objects of the key that no service uses any more. */
export function leftOver(
  kind: ObjectKind,
  { inputs: { project, key }, outputs: { objectId } }: Pick<ObjectResource, "inputs" | "outputs">,
  { [kind]: objects, services }: ManagersAnswer,
): ObservedConfig[] {
  if (objectId === undefined) return [];
  return replacedObjects(project, { [key]: objectId }, { objects, services });
}

export function objectDrift(
  kind: ObjectKind,
  resource: ObjectResource,
  { known }: SwarmObservation,
): Reason[] {
  const { inputs, outputs } = resource;
  if (!known) return [];
  const { key } = inputs;
  const there = known[kind].some(({ id }) => id === outputs.objectId);
  const word = kind === "configs" ? "config" : "secret";
  if (inputs.external)
    return there ? [] : [reason("missing", key, `${word} ${key} was removed or recreated`)];
  const plan = objectChanges(kind, resource, known, "");
  const isSame = plan.op === "use" && plan.id === outputs.objectId && plan.update === undefined;
  const changes = isSame ? [] : [reason("content", key, printObjectPlan(wantedObject(kind, resource), plan))];
  const left = leftOver(kind, resource, known).map(({ name }) =>
    reason("left-over", key, `remove ${name}, which no service uses any more`),
  );
  return [...changes, ...left, ...managersMoved(key, resource)];
}
