/** Which services of a plan need what an engine gives only once: ports, addresses, names; and likewise networks. */
import type { Network } from "../../compose/types.js";
import { type Exclusive, exclusivesOf, isSame } from "../placement/exclusive.js";
import { isExclusive } from "../placement/exclusive-network.js";
import { networkDefinition, networkHash } from "../reconcile/config-hash.js";
import { isKind, type NodeOf, type PlanNode } from "./node.js";

interface Others {
  /** Services that no run of this plan starts again. */
  disabled?: string[];
  networks?: Network[];
}

/**
 * Tells each service and network that needs such a thing from which others it takes nothing: those that need the same,
 * because each would stop the other at every run, and those that this plan leaves as they are.
 */
export function withRivals(nodes: PlanNode[], { disabled = [], networks = [] }: Others = {}): PlanNode[] {
  withPlannedNetworks(nodes, networks);
  const needs = nodes.filter(isKind("service")).flatMap((item) => {
    const things = item.inputs.replicas > 0 ? exclusivesOf(item.inputs, item.context.networks) : [];
    return things.length > 0 ? [{ item, things }] : [];
  });
  for (const { item, things } of needs) {
    const rivals = needs.filter((other) => areRivals(item, other.item) && overlap(things, other.things));
    const names = [...rivals.map((rival) => rival.item.inputs.service), ...disabled];
    if (names.length > 0) item.context.undisturbed = [...new Set(names)].sort();
  }
  return nodes;
}

/** On one engine, as far as the file shows. */
function areRivals({ inputs: a }: NodeOf<"service">, { inputs: b }: NodeOf<"service">): boolean {
  return a.service !== b.service && a.host.address === b.host.address;
}

function overlap(these: Exclusive[], those: Exclusive[]): boolean {
  return these.some((one) => those.some((other) => isSame(one, other)));
}

function withPlannedNetworks(nodes: PlanNode[], networks: Network[]): void {
  const all = nodes.filter(isKind("network"));
  const known = networks
    .filter(({ external }) => !external)
    .map((one) => [one.name, networkHash(one)] as const);
  for (const item of all.filter(({ inputs }) => isExclusive(inputs))) {
    const here = all.filter(({ inputs }) => inputs.host.address === item.inputs.host.address);
    const planned = here.map(({ inputs }) => [inputs.name, networkHash(networkDefinition(inputs))] as const);
    item.context.planned = Object.fromEntries([...known, ...planned]);
  }
}
