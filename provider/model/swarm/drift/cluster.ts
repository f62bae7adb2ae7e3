/**
 * The changes of a swarm and of its nodes. One plan has all of them; the resource of the swarm carries out what concerns
 * the swarm, and that of each node what its own host does.
 */
import { isDeepStrictEqual } from "node:util";
import { type Reason, reason } from "../../reasons.js";
import { stackOwner } from "../../ownership.js";
import type {
  ClusterContext,
  ClusterInputs,
  ClusterOutputs,
  NodeContext,
  NodeInputs,
  NodeOutputs,
} from "../../swarm-data.js";
import { planCluster } from "../cluster/cluster.js";
import {
  type ClusterOperation,
  type ClusterPlan,
  printClusterOperation,
  printRefusal,
} from "../cluster/operations.js";
import type { ClusterInput, KnownCluster } from "../cluster/wanted.js";
import type { SwarmObservation } from "../observation.js";
import { placeLabelsInUse } from "../placement-labels.js";

export interface ClusterResource {
  inputs: ClusterInputs;
  context: ClusterContext;
  outputs: Partial<ClusterOutputs>;
}

export interface NodeResource {
  inputs: NodeInputs;
  context: NodeContext;
  outputs: Partial<NodeOutputs>;
}

/** The swarm itself: formed or adopted, unlocked, and its settings. */
export function clusterChanges(
  { inputs, context, outputs }: ClusterResource,
  seen: SwarmObservation,
): ClusterPlan {
  const { project, ...settings } = inputs;
  const { clusterId, formed, unlockKey } = outputs;
  const known: KnownCluster | undefined =
    clusterId === undefined ? undefined : { id: clusterId, ...(formed && { formed }), nodes: {} };
  const plan = planCluster({
    ...inputOf(project, context, seen),
    settings,
    ...(known && { known }),
    hasUnlockKey: unlockKey !== undefined,
  });
  return only(plan, isOfCluster, ({ host }) => host === undefined || seen.known === undefined);
}

function isOfCluster({ op }: ClusterOperation): boolean {
  return ["init", "adopt", "unlock", "settings"].includes(op);
}

/** A node whose host left the file, or whose stack is taken down. `stays`: it only loses the labels of this project. */
export function removalChanges(
  { project, host, nodeId, clusterId, joined, nodeLabels: labels }: NodeInputs & NodeOutputs,
  context: ClusterContext,
  seen: SwarmObservation,
  { stays }: { stays: boolean },
): ClusterPlan {
  const nodes = context.nodes.filter((node) => node.host !== host.name);
  const known = { id: nodeId, labels, ...(joined && !stays && { joined }) };
  const plan = planCluster({
    ...inputOf(project, { ...context, nodes }, seen),
    ...(stays && { labelsInUse: new Set() }),
    settings: {},
    known: { id: clusterId, nodes: { [host.name]: known } },
    hasUnlockKey: true,
  });
  const isOwn = (operation: ClusterOperation) =>
    "host" in operation && operation.host === host.name && !isOfCluster(operation);
  return only(plan, isOwn, (refusal) => refusal.host === host.name);
}

/** The node of one host. The resource of the swarm unlocks it. */
export function nodeChanges({ inputs, context, outputs }: NodeResource, seen: SwarmObservation): ClusterPlan {
  const { project, host } = inputs;
  const { clusterId, nodeId, joined, adopted, nodeLabels: labels = [] } = outputs;
  const node =
    nodeId === undefined
      ? {}
      : { [host.name]: { id: nodeId, labels, ...(joined && { joined }), ...(adopted && { adopted }) } };
  const known: KnownCluster | undefined =
    clusterId === undefined ? undefined : { id: clusterId, nodes: node };
  const plan = planCluster({
    ...inputOf(project, context, seen),
    settings: context.settings,
    ...(known && { known }),
    hasUnlockKey: true,
  });
  const isOwn = (operation: ClusterOperation) =>
    "host" in operation && operation.host === host.name && !isOfCluster(operation);
  return only(plan, isOwn, (refusal) => refusal.host === host.name);
}

function inputOf(
  project: string,
  { nodes, run }: ClusterContext,
  { members, known }: SwarmObservation,
): Omit<ClusterInput, "settings" | "hasUnlockKey"> {
  return {
    project,
    owner: stackOwner(run, known?.cluster.labels),
    nodes,
    members,
    ...(known && { swarm: { cluster: known.cluster, nodes: known.nodes } }),
    labelsInUse: placeLabelsInUse(project, known?.services ?? []),
  };
}

function only(
  plan: ClusterPlan,
  isOperation: (operation: ClusterOperation) => boolean,
  isRefusal: (refusal: ClusterPlan["refusals"][number]) => boolean,
): ClusterPlan {
  const stages = plan.stages.map((stage) => stage.filter(isOperation)).filter((stage) => stage.length > 0);
  return { ...plan, stages, refusals: plan.refusals.filter(isRefusal) };
}

export function clusterDrift(resource: ClusterResource, seen: SwarmObservation): Reason[] {
  const { inputs, context, outputs } = resource;
  const changes = reasonsIn(clusterChanges(resource, seen), inputs.project);
  const isSame = isDeepStrictEqual(outputs.managers, context.managers);
  const names = context.managers.map(({ name }) => name).join(", ");
  return isSame || outputs.managers === undefined
    ? changes
    : [...changes, reason("swarm", inputs.project, `managers: ${names}`)];
}

export function nodeDrift(resource: NodeResource, seen: SwarmObservation): Reason[] {
  return reasonsIn(nodeChanges(resource, seen), resource.inputs.host.name);
}

export function reasonsIn({ stages, refusals }: ClusterPlan, subject: string): Reason[] {
  return [
    ...refusals.map((refusal) => reason("refused", subject, printRefusal(refusal))),
    ...stages.flat().map((operation) => reason("node", subject, printClusterOperation(operation))),
  ];
}
