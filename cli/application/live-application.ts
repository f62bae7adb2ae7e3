/** The application with the containers of its engines. All hosts are inspected at the same time. */
import { withPatience } from "../../provider/engine/observe/patience.js";
import type { Session } from "../../provider/engine/observe/session.js";
import { K2Error } from "../../provider/shared/errors.js";
import { containersOf } from "../../provider/model/reconcile/desired.js";
import { isImageId } from "../../provider/model/images/reference.js";
import type { HostRef } from "../../provider/model/kinds.js";
import { label } from "../../provider/model/labels.js";
import type { Application } from "./application.js";
import type { Live, LiveHost, LiveService } from "./live-types.js";
import type { ObservedContainer } from "../../provider/model/observed.js";
import type { Output } from "../terminal/output.js";
import { matches } from "../arguments/select.js";
import { entryOf } from "../../provider/shared/lookup.js";

export type * from "./live-types.js";

interface Observation {
  session: Session;
  signal: AbortSignal;
  /** Names and globs of services. The command only shows these, or all if there are none: it leaves out dead hosts early. */
  shown?: readonly string[];
}

export async function observe(application: Application, observation: Observation): Promise<Live> {
  const { session, signal, shown } = observation;
  const used = hostsInUse(application);
  const answerOf = (host: HostRef) => observeHost(host, session, signal);
  if (shown === undefined)
    return withSwarm(liveOf(application, await Promise.all(used.map(answerOf))), observation);
  const hosts = await withPatience<LiveHost>(used, {
    answerOf,
    hasAnswered: ({ snapshot }) => snapshot !== undefined,
    isConnecting: (host) => session.engine(host).isConnecting(),
    isNeeded: isNeededFor(shown, application),
    without: (host, error) => ({ host, error }),
    signal,
  });
  return withSwarm(liveOf(application, hosts), observation);
}

/** Loaded only for applications with services on a swarm. */
async function withSwarm(live: Live, { session, signal }: Observation): Promise<Live> {
  if (live.application.onSwarm.length === 0) return live;
  const { servicesOnSwarm } = await import("./swarm-services.js");
  const found = await servicesOnSwarm(live, session, signal);
  return { ...live, services: [...live.services, ...found] };
}

function liveOf(application: Application, hosts: LiveHost[]): Live {
  const byName = new Map(hosts.map((host) => [host.host.name, host]));
  const services = application.members.map((member): LiveService => {
    const at = entryOf(byName, member.host.name);
    return {
      ...member,
      at,
      containers: sorted(containersOf(at.snapshot?.containers ?? [], application.name, member.service)),
    };
  });
  return { application, hosts, services: [...services, ...orphans(application, hosts, services)] };
}

/** Patterns of unknown services may name containers on any host. */
function isNeededFor(patterns: readonly string[], { members }: Application): (host: HostRef) => boolean {
  const found = patterns.map((pattern) =>
    members.filter(({ service, host }) => matches(pattern, service, host.name)).map(({ host }) => host.name),
  );
  if (found.length === 0 || found.some((names) => names.length === 0)) return () => true;
  const names = new Set(found.flat());
  return ({ name }) => names.has(name);
}

/** The hosts with a service in the file, or in the state; all hosts if there are none. */
function hostsInUse({ hosts, members, state }: Application): HostRef[] {
  const used = new Set([
    ...members.map(({ host }) => host.name),
    ...(state?.hosts ?? []).map(({ inputs }) => inputs.name),
  ]);
  return used.size === 0 ? hosts : hosts.filter(({ name }) => used.has(name));
}

export async function observeHost(
  host: HostRef,
  session: Session,
  signal: AbortSignal | undefined,
): Promise<LiveHost> {
  try {
    return { host, snapshot: await session.snapshot(host, signal) };
  } catch (error) {
    if (K2Error.is(error) && error.code !== "cancelled") return { host, error };
    throw error;
  }
}

/**
 * Containers with the project's label that belong to no known service, each reported once, although two hosts may have the
 * same engine.
 */
export function orphans<At extends LiveHost>(
  application: Application,
  hosts: At[],
  services: LiveService[],
  containersAt = (at: At) => at.snapshot?.containers ?? [],
): LiveService[] {
  const seen = new Set(services.flatMap(({ containers }) => containers.map(({ id }) => id)));
  const found: LiveService[] = [];
  for (const at of hosts) {
    const own = containersAt(at).filter(({ labels }) => labels[label.project] === application.name);
    for (const service of new Set(own.map(({ labels }) => labels[label.service]))) {
      if (service === undefined) continue;
      const containers = sorted(
        containersOf(own, application.name, service).filter(({ id }) => !seen.has(id)),
      );
      const [first] = containers;
      if (!first) continue;
      for (const { id } of containers) seen.add(id);
      const dependsOn = dependenciesByLabel(first);
      found.push({
        service,
        host: at.host,
        at,
        containers,
        replicas: containers.length,
        dependsOn,
        orphan: true,
      });
    }
  }
  return found.sort((a, b) => a.service.localeCompare(b.service));
}

/** "redis:service_healthy:false,db:service_started:true" */
function dependenciesByLabel({ labels }: ObservedContainer): string[] {
  const text = labels[label.dependsOn] ?? "";
  return text
    .split(",")
    .flatMap((item) => item.split(":")[0] || [])
    .sort();
}

function sorted(containers: ObservedContainer[]): ObservedContainer[] {
  const number = ({ labels }: ObservedContainer) => Number(labels[label.number] ?? 1);
  return containers.sort((a, b) => number(a) - number(b) || a.name.localeCompare(b.name));
}

/**
 * The image's name: from the state, the file, or the containers; undefined if only an image id is known.
 */
export function imageOf({ deployed, definition, containers }: LiveService): string | undefined {
  const name = deployed?.inputs.image ?? definition?.image ?? containers[0]?.image;
  return name === undefined || isImageId(name) ? undefined : name;
}

/** The part of the context with the deployed state. A type of its own, because the context imports this file. */
interface DeploymentState {
  readonly out: Output;
  state(): Promise<{ services: unknown[] } | undefined>;
}

/** Warns that the next `up` reverts a manual change, if a stack is deployed: `effect` continues "and up …". */
export async function noteDrift(context: DeploymentState, effect: string): Promise<void> {
  const state = await context.state();
  if (state && state.services.length > 0)
    context.out.note(`The stack does not record this: preview shows it as drift, and up ${effect}.`);
}
