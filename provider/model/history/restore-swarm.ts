/** The part of a restoring plan that is on a swarm: its nodes, configs, secrets and services, as they were. */
import type { HostRef, NodeInputs, SwarmGate } from "../kinds.js";
import { node, type PlanNode, Ref } from "../plan/node.js";
import { swarmNodes } from "../plan/swarm.js";
import type { DeployedOf, StackState } from "../stack-state.js";

/** `current` returns the present connection of a host. */
export function swarmPlan(then: StackState, current: (host: HostRef) => HostRef): PlanNode[] {
  const [cluster] = then.swarms;
  if (!cluster) return [];
  const hosts = then.swarmNodes.map(({ inputs }): NodeInputs => ({ ...inputs, host: current(inputs.host) }));
  const { nodes, managers } = swarmNodes(cluster.inputs, hosts);
  return [
    ...nodes,
    ...then.swarmConfigs.map(({ name, inputs, dependsOn }) =>
      node("swarmConfig", name, inputs, { managers }, dependsOn),
    ),
    ...then.swarmSecrets.map(({ name, inputs, dependsOn }) =>
      node("swarmSecret", name, inputs, { managers }, dependsOn),
    ),
    ...then.swarmServices.map((service) => serviceNode(service, managers, current)),
  ];
}

function serviceNode(
  { name, inputs, outputs, dependsOn }: DeployedOf<"swarmService">,
  managers: HostRef[],
  current: (host: HostRef) => HostRef,
): PlanNode {
  const { last, digest } = outputs;
  const withCurrentHost = (gate: SwarmGate): SwarmGate =>
    gate.on === "host" ? { ...gate, host: current(gate.host) } : gate;
  return node(
    "swarmService",
    name,
    inputs,
    {
      managers,
      networks: last?.networks ?? {},
      volumes: last?.volumes ?? {},
      configs: refs("swarmConfig", last?.configs),
      secrets: refs("swarmSecret", last?.secrets),
      gates: (last?.gates ?? []).map(withCurrentHost),
      ...(digest !== undefined && { pinnedDigest: digest }),
    },
    dependsOn,
  );
}

function refs(kind: "swarmConfig" | "swarmSecret", used: object = {}) {
  return Object.fromEntries(
    Object.keys(used).map((key) => {
      const id = `${kind} ${key}@swarm`;
      return [key, { id: new Ref(id, "objectId"), name: new Ref(id, "objectName") }];
    }),
  );
}
