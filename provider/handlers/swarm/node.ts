import { leaveSwarm } from "../../engine/swarm/change.js";
import {
  type ClusterContext,
  type NodeContext,
  type NodeInputs,
  type NodeOutputs,
  stateSchema,
} from "../../model/kinds.js";
import { kinds } from "../../model/changes/kinds.js";
import { nodeChanges, removalChanges } from "../../model/swarm/drift/cluster.js";
import type { ObservedNode } from "../../model/swarm/observed.js";
import { labelsOf } from "../../model/swarm/cluster/node-changes.js";
import { K2Error } from "../../shared/errors.js";
import { type Call, type HandlerWork, inputsIn, outputsIn } from "../process/handler.js";
import { freshSwarm, managerIn, observedSwarm } from "../process/swarm.js";
import { assertAllowed, perform, retried } from "./cluster-operations.js";

type State = NodeInputs & NodeOutputs;

/** A host of the file in its swarm: its role, availability and labels. */
export const swarmNode: HandlerWork<"swarmNode"> = {
  async create(inputs, context, call) {
    const outputs = await retried(() => converge(inputs, context, {}, call));
    return { id: outputs.nodeId, outputs };
  },

  update: (inputs, context, state, call) => retried(() => converge(inputs, context, state, call)),

  /** A node that no manager answers for keeps its state. It is gone if the swarm does not list it. */
  async read(state, call) {
    const outputs = outputsIn("swarmNode", state);
    const { known } = await observedSwarm(managersOf(state), call);
    if (!known || known.cluster.id !== state.clusterId) return { inputs: {}, outputs };
    const found = known.nodes.find(({ id }) => id === state.nodeId);
    return found && { inputs: changedByHand(inputsIn("swarmNode", state), found), outputs };
  },

  /**
   * A host that left the file leaves the swarm, if it joined for this stack. A stack that is taken down only removes its
   * labels: `down --leave-swarm` ends a swarm that the stack has formed.
   */
  async delete(state, call) {
    const key = `${state.clusterId} nodes`;
    await call.memory.queue.run(key, () => retried(() => remove(state, call)));
  },
};

async function converge(
  inputs: NodeInputs,
  context: NodeContext,
  outputs: Partial<NodeOutputs>,
  call: Call,
): Promise<NodeOutputs> {
  const { hosts, clusterId } = kinds.swarmNode.needs({ inputs, context, outputs }).swarm ?? { hosts: [] };
  const seen = await freshSwarm({ hosts, clusterId }, call);
  const plan = nodeChanges({ inputs, context, outputs }, seen);
  await assertAllowed({ ...plan, notices: [] }, call);
  await perform(plan, { hosts, seen, call });
  const now = await freshSwarm({ hosts, clusterId }, call);
  const { cluster, nodes } = managerIn(now, hosts);
  const { nodeId } = now.members[inputs.host.name] ?? {};
  const node = nodes.find(({ id }) => id === (nodeId ?? outputs.nodeId));
  if (!node)
    throw new K2Error("unreachable", "the host does not answer, and joins the swarm when it does", {
      at: inputs.host.name,
      hint: "Run the command again when the host is reachable.",
    });
  const isSame = outputs.nodeId === node.id;
  // In a swarm of this stack, the first manager has formed it, and the others have joined for it.
  const joined =
    context.formed || plan.stages.flat().some(({ op }) => op === "join") || (isSame && outputs.joined);
  const adopted = isSame ? outputs.adopted : before(node.id, seen.known?.nodes ?? []);
  const wanted = context.nodes.find(({ host }) => host === inputs.host.name);
  return {
    ...{ schema: stateSchema, stack: context.run.stack, clusterId: cluster.id, managers: context.managers },
    nodeId: node.id,
    ...(joined ? { joined: true as const } : adopted && { adopted }),
    nodeLabels: wanted ? Object.keys(labelsOf(wanted)).sort() : [],
  };
}

/** The availability of a node that was in the swarm already. */
function before(id: string, nodes: ObservedNode[]): ObservedNode["availability"] | undefined {
  return nodes.find((node) => node.id === id)?.availability;
}

function managersOf({ managers, host, clusterId }: State) {
  const others = managers.filter(({ name }) => name !== host.name);
  return { hosts: [...others, host], clusterId };
}

/** As in the file, as far as the file has them. */
function changedByHand(
  inputs: NodeInputs,
  { role, availability, labels }: ObservedNode,
): Partial<NodeInputs> {
  const found: Partial<NodeInputs> = {};
  if (role !== inputs.role) found.role = role;
  if (availability !== (inputs.availability ?? availability)) found.availability = availability;
  const own = Object.keys(inputs.labels ?? {});
  if (own.some((key) => labels[key] !== inputs.labels?.[key]))
    found.labels = Object.fromEntries(
      own.flatMap((key) => (labels[key] === undefined ? [] : [[key, labels[key]]])),
    );
  return found;
}

async function remove(state: State, call: Call): Promise<void> {
  const { hosts, clusterId } = managersOf(state);
  const seen = await freshSwarm({ hosts, clusterId }, call);
  if (!seen.known && hosts.every(({ name }) => seen.members[name]?.state === "inactive")) return;
  // Managers stay until the resource of the swarm is deleted: until then, its services are removed.
  if (call.memory.notice.leaveSwarm && state.joined)
    return state.role === "manager" ? undefined : leaveWhole(state, call);
  const { nodes } = managerIn(seen, hosts);
  if (!nodes.some(({ id }) => id === state.nodeId)) return;
  const context = contextOfOthers(state, call);
  const plan = removalChanges(state, context ?? empty(state), seen, { stays: context === undefined });
  await assertAllowed({ ...plan, notices: [] }, call);
  await perform(plan, { hosts, seen, call });
}

/** Undefined if the program did not run, or has this node: then the stack is taken down. */
function contextOfOthers({ project, host }: State, { memory }: Call): ClusterContext | undefined {
  const { swarm, swarmNode: nodes } = memory.contexts;
  return nodes.has(`${project} ${host.name}`) ? undefined : swarm.get(project);
}

function empty({ stack }: State): ClusterContext {
  return { run: { stack }, managers: [], nodes: [], hosts: [] };
}

async function leaveWhole({ host }: State, call: Call): Promise<void> {
  call.progress({ op: "swarm", host: host.name, text: "leave the swarm" });
  await leaveSwarm(call.session.engine(host), call.signal);
}
