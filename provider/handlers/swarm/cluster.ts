import { leaveSwarm, unlockKey } from "../../engine/swarm/change.js";
import {
  type ClusterContext,
  type ClusterInputs,
  type ClusterOutputs,
  type HostRef,
  stateSchema,
} from "../../model/kinds.js";
import { K2Error } from "../../shared/errors.js";
import { kinds } from "../../model/changes/kinds.js";
import { clusterChanges } from "../../model/swarm/drift/cluster.js";
import { type Call, type HandlerWork, outputsIn } from "../process/handler.js";
import { freshSwarm, managerIn, observedSwarm } from "../process/swarm.js";
import { assertAllowed, perform, retried } from "./cluster-operations.js";

/** The swarm of the file's hosts: formed by the first manager, or adopted as it is. */
export const swarm: HandlerWork<"swarm"> = {
  async create(inputs, context, call) {
    const outputs = await retried(() => converge(inputs, context, {}, call));
    return { id: outputs.clusterId, outputs };
  },

  update: (inputs, context, state, call) => retried(() => converge(inputs, context, state, call)),

  /** A swarm that no host answers for keeps its state. It is gone if all of its managers answer that they are in none. */
  async read(state, call) {
    const outputs = outputsIn("swarm", state);
    const seen = await observedSwarm({ hosts: state.managers, clusterId: state.clusterId }, call);
    const answers = state.managers.map(({ name }) => seen.members[name]?.state);
    if (!seen.known && answers.every((answer) => answer === "inactive")) return undefined;
    return { inputs: {}, outputs };
  },

  /** The hosts stay in the swarm, unless `down --leave-swarm` ends it: by now, only its last managers are in it. */
  async delete(state, call) {
    if (!call.memory.notice.leaveSwarm || !state.formed) return;
    const { members, known } = await freshSwarm({ hosts: state.managers, clusterId: state.clusterId }, call);
    const [other] = known?.services ?? [];
    if (other)
      throw new K2Error(
        "conflict",
        `the hosts stay in the swarm, which runs the service ${other.spec.Name}`,
        {
          hint: "Remove it, and run `k2-compose down --leave-swarm` again.",
        },
      );
    for (const host of state.managers)
      if (members[host.name]?.clusterId === state.clusterId) await leave(host, call);
  },
};

async function leave(host: HostRef, call: Call): Promise<void> {
  call.progress({ op: "swarm", host: host.name, text: "leave the swarm" });
  await leaveSwarm(call.session.engine(host), call.signal);
}

/** Locked managers show nothing of their swarm: it is planned again once they are unlocked. */
async function converge(
  inputs: ClusterInputs,
  context: ClusterContext,
  outputs: Partial<ClusterOutputs>,
  call: Call,
  tries = 2,
): Promise<ClusterOutputs> {
  const { hosts, clusterId } = swarmOf({ inputs, context, outputs });
  const seen = await freshSwarm({ hosts, clusterId }, call);
  const plan = clusterChanges({ inputs, context, outputs }, seen);
  await assertAllowed(plan, call);
  await perform(plan, { hosts, seen, unlockKey: outputs.unlockKey, call });
  if (plan.incomplete && tries > 0) return converge(inputs, context, outputs, call, tries - 1);
  const now = await freshSwarm({ hosts, clusterId }, call);
  const { manager, cluster } = managerIn(now, hosts);
  const key = cluster.autolock ? await unlockKey(call.session.engine(manager), call.signal) : undefined;
  const isFormed = outputs.formed ?? plan.stages.flat().some(({ op }) => op === "init");
  return {
    ...{ schema: stateSchema, stack: context.run.stack, clusterId: cluster.id, managers: context.managers },
    formed: isFormed,
    ...(key !== undefined && { unlockKey: key }),
  };
}

function swarmOf(resource: Parameters<typeof kinds.swarm.needs>[0]) {
  return kinds.swarm.needs(resource).swarm ?? { hosts: resource.context.managers };
}
