/** Measures all hosts and services once. */
import { deadlineAfter, untilAborted } from "../../provider/engine/connection/deadline.js";
import type { Engine } from "../../provider/engine/connection/connect.js";
import { projectContainers } from "../../provider/engine/observe/snapshot.js";
import { K2Error } from "../../provider/shared/errors.js";
import { entryOf } from "../../provider/shared/lookup.js";
import { containersOf } from "../../provider/model/reconcile/desired.js";
import type { HostRef } from "../../provider/model/kinds.js";
import { label } from "../../provider/model/labels.js";
import type { ObservedContainer } from "../../provider/model/observed.js";
import type { Application, Member } from "../application/application.js";
import { checkAll } from "../application/checks.js";
import { type LiveHost, type LiveService, orphans } from "../application/live-application.js";
import type { Checked } from "../application/status.js";
import { type MeasuredContainer, type Measurement, replicaName } from "./metrics-points.js";
import type { ContainerWatch } from "./stats-streams.js";

export interface MeasureOptions {
  application: Application;
  engineOf(host: HostRef): Promise<Engine>;
  watch: ContainerWatch;
  /** Inherited by the commands of health checks. */
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  /** Called with services that only the engines have. */
  onOrphans?: (services: Member[]) => void;
}

type Seen = LiveHost & { containers: ObservedContainer[] };

/** Milliseconds to wait for a host, and for the statistics of a new container. */
const hostTimeout = 3_000;

/** Rejects only with the signal's reason: an unreachable host is measured as such. */
export async function measure(options: MeasureOptions, timestamp: number): Promise<Measurement> {
  const { application, engineOf, watch, env, signal } = options;
  const seen = await Promise.all(application.hosts.map((host) => observeServices(options, host)));
  const byName = new Map(seen.map((at) => [at.host.name, at]));
  const members = application.members.map((member) =>
    liveService(application, member, entryOf(byName, member.host.name)),
  );
  const unknown = orphans(application, seen, members, ({ containers }) => containers);
  if (unknown.length > 0) options.onOrphans?.(unknown);
  const services = [...members, ...unknown];
  const running = services.flatMap(({ containers, host }) =>
    containers.filter(({ state }) => state === "running").map(({ id }) => ({ id, host })),
  );
  const [checks] = await Promise.all([
    checkAll(services, env, signal),
    watch.set(
      await Promise.all(running.map(async ({ id, host }) => ({ id, engine: await engineOf(host) }))),
      hostTimeout,
    ),
  ]);
  return {
    timestamp,
    hosts: seen.map(({ host, error }) => ({ name: host.name, connected: error === undefined })),
    containers: services.flatMap((service) => measured(service, checks.get(service), watch)),
  };
}

async function observeServices(
  { application, engineOf, signal }: MeasureOptions,
  host: HostRef,
): Promise<Seen> {
  const limit = deadlineAfter(hostTimeout, signal);
  try {
    const { signal: until } = limit;
    const asked = projectContainers(await engineOf(host), application.name, { signal: until });
    // Calls that negotiate the API version have longer deadlines of their own.
    const containers = await untilAborted(until, asked);
    return { host, containers };
  } catch (error) {
    signal.throwIfAborted();
    const why = K2Error.is(error)
      ? error
      : new K2Error("unreachable", "no answer", { at: host.name, cause: error });
    return { host, containers: [], error: why };
  } finally {
    limit.clear();
  }
}

function liveService({ name }: Application, member: Member, at: Seen): LiveService {
  return { ...member, at, containers: containersOf(at.containers, name, member.service) };
}

/** Services on an unreachable host count as undeployed, so that alerts fire. */
function measured(
  service: LiveService,
  check: Checked | undefined,
  watch: ContainerWatch,
): MeasuredContainer[] {
  const host = service.host.name;
  const there = new Map<number, MeasuredContainer>();
  for (const { id, state, health, labels } of service.containers) {
    const number = Number(labels[label.number] ?? 1);
    // While one container replaces another, both may have the number: prefer the running one.
    if (there.has(number) && state !== "running") continue;
    const metrics = state === "running" ? watch.latest(id) : undefined;
    const ill = state === "restarting" || health === "unhealthy" || check?.ok === false;
    const up = state === "running" || state === "restarting";
    there.set(number, {
      ...{ name: replicaName(service.service, number), host, milliseconds: check?.ms ?? 0 },
      state: !up ? "stopped" : ill ? "error" : "running",
      ...(metrics && { metrics }),
    });
  }
  for (let number = 1; there.size < service.replicas; number++) {
    if (there.has(number)) continue;
    const name = replicaName(service.service, number);
    there.set(number, { name, host, state: "undeployed", milliseconds: 0 });
  }
  return [...there].sort(([a], [b]) => a - b).map(([, container]) => container);
}
