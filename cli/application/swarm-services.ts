/** Services of a swarm with their tasks, in the place of containers: three calls to one manager, whatever the number of nodes. */
import { managerAmong } from "../../provider/engine/swarm/observe.js";
import { listNodes, listServices, listTasks } from "../../provider/engine/swarm/list.js";
import type { Session } from "../../provider/engine/observe/session.js";
import { K2Error, messageOf } from "../../provider/shared/errors.js";
import { addTo } from "../../provider/shared/grouped.js";
import { label } from "../../provider/model/labels.js";
import { memberOf, type ObservedContainer } from "../../provider/model/observed.js";
import {
  containerOf,
  type Replica,
  replicasOf,
  replicasText,
} from "../../provider/model/swarm/convergence/tasks.js";
import type {
  ObservedNode,
  ObservedSwarmService,
  ObservedTask,
} from "../../provider/model/swarm/observed.js";
import { serviceName } from "../../provider/model/swarm/spec/spec.js";
import type { ServiceSpec } from "../../provider/model/swarm/spec-types.js";
import { swarmLabel } from "../../provider/model/swarm/swarm-labels.js";
import type { SwarmMember } from "./application.js";
import type { Live, LiveHost, LiveService } from "./live-types.js";

/** Tasks without a node are on the host "swarm". */
const swarmHost = { name: "swarm", address: "" };

interface Answer {
  services: ObservedSwarmService[];
  tasks: ObservedTask[];
  nodes: ObservedNode[];
}

export async function servicesOnSwarm(
  live: Live,
  session: Session,
  signal: AbortSignal,
): Promise<LiveService[]> {
  const { onSwarm } = live.application;
  try {
    const answer = await ask(live, session, signal);
    return onSwarm.flatMap((member) => liveService(member, answer, live));
  } catch (cause) {
    signal.throwIfAborted();
    const error = K2Error.is(cause) ? cause : new K2Error("engine", messageOf(cause), { cause });
    return onSwarm.map((member) => ({
      ...member,
      host: swarmHost,
      at: { host: swarmHost, error },
      containers: [],
    }));
  }
}

async function ask({ application, hosts }: Live, session: Session, signal: AbortSignal): Promise<Answer> {
  const members = Object.fromEntries(
    hosts.map(({ host, snapshot }) => [host.name, snapshot && memberOf(snapshot)]),
  );
  const clusterId = application.state?.swarms[0]?.outputs.clusterId;
  const manager = managerAmong({ hosts: hosts.map(({ host }) => host), members, clusterId });
  if (!manager) throw new K2Error("unreachable", "no manager of the swarm answers");
  const engine = session.engine(manager);
  const filters = { label: [`${swarmLabel.namespace}=${application.name}`] };
  const services = await listServices(engine, { filters, signal });
  const ids = services.map(({ id }) => id);
  const [tasks, nodes] = await Promise.all([
    ids.length === 0 ? [] : listTasks(engine, { filters: { service: ids }, signal }),
    listNodes(engine, { signal }),
  ]);
  return { services, tasks, nodes };
}

/** One for each node with tasks of the service; one on no node if there are none. */
function liveService(member: SwarmMember, { services, tasks, nodes }: Answer, live: Live): LiveService[] {
  const name = serviceName(live.application.name, member.service);
  const service = services.find(({ spec }) => spec.Name === name);
  if (!service) return [onHost(member, undefined, live)];
  const own = tasks.filter(({ serviceId }) => serviceId === service.id);
  const all = replicasOf(service, own, nodes);
  const byHost = new Map<string, Replica[]>();
  for (const replica of all.replicas) addTo(byHost, replica.host ?? swarmHost.name, replica);
  if (byHost.size === 0) byHost.set(swarmHost.name, []);
  return [...byHost].map(([host, replicas]) => {
    const failing = replicas.find(({ running, error }) => !running && error !== undefined);
    const at = onHost(member, host, live);
    return {
      ...at,
      replicas: replicas.length,
      containers: replicas.map(({ task }) => containerAt(at, service.spec, task)),
      onSwarm: {
        share: replicasText(all),
        ...(failing?.error && { error: `${failing.name}: ${failing.error}` }),
      },
    };
  });
}

/** As its host lists it, with the slot as its number; without its host, as the manager knows it. */
function containerAt({ at }: LiveService, spec: ServiceSpec, task: ObservedTask): ObservedContainer {
  const known = containerOf(spec, task);
  const found = at.snapshot?.containers.find(({ id }) => id === known.id);
  const { slot } = task;
  const { labels, ...container } = found ?? { ...known, imageId: known.image };
  return { ...container, labels: { ...labels, ...(slot !== undefined && { [label.number]: String(slot) }) } };
}

function onHost(member: SwarmMember, name: string | undefined, { hosts, application }: Live): LiveService {
  const at = hosts.find(({ host }) => host.name === name) ?? elsewhere(name ?? swarmHost.name);
  const { isDeployed: _, ...rest } = member;
  const host = application.hosts.find((one) => one.name === name) ?? at.host;
  return { ...rest, host, at, containers: [] };
}

/** A node that the file does not declare can be listed, and not reached. */
function elsewhere(name: string): LiveHost {
  return { host: { name, address: "" } };
}
