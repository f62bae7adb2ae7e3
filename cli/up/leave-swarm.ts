/** `down --leave-swarm` ends the swarm that the stack has formed, if nothing else is in it. */
import { askManager, managerAmong } from "../../provider/engine/swarm/observe.js";
import { listNetworks } from "../../provider/engine/observe/list.js";
import { K2Error } from "../../provider/shared/errors.js";
import type { HostRef } from "../../provider/model/kinds.js";
import { memberOf } from "../../provider/model/observed.js";
import { planLeaving, type StoredObject } from "../../provider/model/swarm/cluster/leave.js";
import type { KnownCluster } from "../../provider/model/swarm/cluster/wanted.js";
import type { ManagersAnswer } from "../../provider/model/swarm/observation.js";
import type { StackState } from "../../provider/model/stack-state.js";
import { observeHost } from "../application/live-application.js";
import type { Context } from "../application/context.js";

/** Throws K2Error before anything is removed. Returns whether the hosts leave. */
export async function mayLeaveSwarm(context: Context, state: StackState | undefined): Promise<boolean> {
  const { name, hosts } = await context.application();
  const known = state && knownCluster(state);
  if (!known) {
    context.out.warn("--leave-swarm: the state of this stack has no swarm");
    return false;
  }
  const session = await context.session();
  const seen = await Promise.all(hosts.map((host) => observeHost(host, session, context.signal)));
  const members = Object.fromEntries(
    seen.map(({ host, snapshot }) => [host.name, snapshot && memberOf(snapshot)]),
  );
  const manager = managerAmong({ hosts, members, clusterId: known.id });
  if (!manager)
    throw new K2Error("unreachable", "no manager of the swarm answers", {
      hint: "Run the command again when one is reachable, or without --leave-swarm.",
    });
  const engine = session.engine(manager);
  const answer = await askManager(manager, engine, context.signal);
  const plan = planLeaving({
    ...{ project: name, known, nodes: answer.nodes },
    objects: [...objectsIn(answer), ...(await networksOf(manager, context))],
    answering: new Set(seen.filter(({ snapshot }) => snapshot).map(({ host }) => host.name)),
  });
  for (const { what } of plan.notices) context.out.warn(what);
  const [refusal] = plan.refusals;
  if (refusal) throw new K2Error(refusal.error, refusal.what, { hint: refusal.hint });
  return known.formed === true;
}

function knownCluster({ swarms, swarmNodes }: StackState): KnownCluster | undefined {
  const { clusterId: id, formed } = swarms[0]?.outputs ?? {};
  if (id === undefined) return undefined;
  const nodes = swarmNodes.flatMap(({ inputs: { host }, outputs: { nodeId, joined, nodeLabels = [] } }) =>
    nodeId === undefined
      ? []
      : [[host.name, { id: nodeId, labels: nodeLabels, ...(joined && { joined }) }] as const],
  );
  return { id, ...(formed && { formed }), nodes: Object.fromEntries(nodes) };
}

function objectsIn({ services, configs, secrets }: ManagersAnswer): StoredObject[] {
  return [
    ...services.map(({ spec }) => ({ kind: "service" as const, name: spec.Name, labels: spec.Labels ?? {} })),
    ...configs.map(({ name, labels }) => ({ kind: "config" as const, name, labels })),
    ...secrets.map(({ name, labels }) => ({ kind: "secret" as const, name, labels })),
  ];
}

/** The engine itself has created the network "ingress". */
async function networksOf(manager: HostRef, context: Context): Promise<StoredObject[]> {
  const engine = (await context.session()).engine(manager);
  const all = await listNetworks(engine, { signal: context.signal });
  return all
    .filter(({ driver, name }) => driver === "overlay" && name !== "ingress")
    .map(({ name, labels }) => ({ kind: "network", name, labels }));
}
