/** Which services of a plan need what an engine gives only once: ports, addresses, names; and likewise networks. */
import type { Network } from "../../compose/types.js";
import { type Exclusive, exclusivesOf, indexOf, isSame } from "../placement/exclusive.js";
import { isExclusive } from "../placement/exclusive-network.js";
import { networkDefinition, networkHash } from "../reconcile/config-hash.js";
import type { Borrower } from "../kinds.js";
import { withHooks } from "../reconcile/namespaces.js";
import { isKind, type NodeOf, type PlanNode } from "./node.js";
import { addTo } from "../../shared/grouped.js";

interface Others {
  /** Services that no run of this plan starts again. */
  disabled?: string[];
  networks?: Network[];
}

/**
 * Tells each service and network that needs such a thing from which others it takes nothing: those that need the same,
 * because each would stop the other at every run, and those that this plan leaves as they are. The hooks of the others
 * run when they give something up.
 */
export function withRivals(nodes: PlanNode[], { disabled = [], networks = [] }: Others = {}): PlanNode[] {
  withPlannedNetworks(nodes, networks);
  const needs = nodes.filter(isKind("service")).flatMap((item) => {
    const things = item.inputs.replicas > 0 ? exclusivesOf(item.inputs, item.context.networks) : [];
    return things.length > 0 ? [{ item, things }] : [];
  });
  const users = usersByThing(needs);
  const hooked = hookedByAddress(nodes);
  for (const { item, things } of needs) {
    const names = [...things.flatMap((thing) => rivalsFor(thing, item, users)), ...disabled];
    if (names.length > 0) item.context.undisturbed = [...new Set(names)].sort();
    const { host, service } = item.inputs;
    const givers = (hooked.get(host.address) ?? []).filter((other) => other.service !== service);
    if (givers.length > 0) item.context.givers = givers;
  }
  return nodes;
}

/** Services with hooks that run around a stop. */
function hookedByAddress(nodes: PlanNode[]): Map<string, Borrower[]> {
  const found = new Map<string, Borrower[]>();
  for (const { inputs } of nodes.filter(isKind("service"))) {
    if (!inputs.pre_stop && !inputs.post_start) continue;
    addTo(found, inputs.host.address, withHooks(inputs.service, inputs));
  }
  return found;
}

interface Need {
  item: NodeOf<"service">;
  things: Exclusive[];
}

type Users = Map<string, { service: string; thing: Exclusive }[]>;

/** On one engine, as far as the file shows. */
function usersByThing(needs: Need[]): Users {
  const users: Users = new Map();
  for (const { item, things } of needs) {
    const { service, host } = item.inputs;
    for (const thing of things) addTo(users, `${host.address} ${indexOf(thing)}`, { service, thing });
  }
  return users;
}

function rivalsFor(wanted: Exclusive, { inputs }: NodeOf<"service">, users: Users): string[] {
  return (users.get(`${inputs.host.address} ${indexOf(wanted)}`) ?? [])
    .filter(({ service, thing }) => service !== inputs.service && isSame(wanted, thing))
    .map(({ service }) => service);
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
