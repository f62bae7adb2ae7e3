/** One look at all hosts and services. */
import { observeProject } from "../../provider/engine/observe.js";
import type { ObservedContainer } from "../../provider/model/observed.js";
import { label } from "../../provider/model/labels.js";
import { containersOf } from "../../provider/model/desired.js";
import { K2Error } from "../../provider/errors.js";
import type { Application, Member } from "../application.js";
import { checkAll } from "../checks.js";
import type { Context } from "../context.js";
import type { LiveHost, LiveService } from "../live.js";
import type { Checked } from "../status.js";
import type { MeasuredContainer, Measurement } from "./points.js";
import type { ContainerWatch } from "./watch-containers.js";

type Seen = LiveHost & { containers: ObservedContainer[] };

export async function measure(
  context: Context,
  application: Application,
  watch: ContainerWatch,
  timestamp: number,
): Promise<Measurement> {
  const used = application.hosts.filter(({ name }) =>
    application.members.some(({ host }) => host.name === name),
  );
  const seen = await Promise.all(used.map((host) => look(context, application, host)));
  const services = application.members.map((member) => liveService(application, member, seen));
  const running = services.flatMap(({ containers, host }) =>
    containers.filter(({ state }) => state === "running").map(({ id }) => ({ id, host })),
  );
  watch.set(
    await Promise.all(running.map(async ({ id, host }) => ({ id, engine: await context.engine(host) }))),
  );
  const [checks] = await Promise.all([
    checkAll(services, context.signal),
    watch.settled(
      running.map(({ id }) => id),
      3_000,
    ),
  ]);
  return {
    timestamp,
    hosts: seen.map(({ host, error }) => ({ name: host.name, connected: error === undefined })),
    containers: services.flatMap((service) => measured(service, checks.get(service), watch)),
  };
}

async function look(context: Context, { name }: Application, host: Seen["host"]): Promise<Seen> {
  const limit = AbortSignal.any([context.signal, AbortSignal.timeout(3_000)]);
  try {
    const { containers } = await observeProject(await context.engine(host), name, limit);
    return { host, containers };
  } catch (error) {
    context.signal.throwIfAborted();
    const why = K2Error.is(error)
      ? error
      : new K2Error("unreachable", "no answer", { at: host.name, cause: error });
    return { host, containers: [], error: why };
  }
}

function liveService({ name }: Application, member: Member, seen: Seen[]): LiveService {
  const at = seen.find(({ host }) => host.name === member.host.name)!;
  return { ...member, at, containers: containersOf(at.containers, name, member.service) };
}

/** Nothing is known of what is on a host that is away: it counts as undeployed, which alerts take for bad. */
function measured(
  service: LiveService,
  check: Checked | undefined,
  watch: ContainerWatch,
): MeasuredContainer[] {
  const host = service.host.name;
  if (service.containers.length === 0)
    return [{ name: service.service, host, state: "undeployed", milliseconds: 0 }];
  return service.containers.map(({ id, state, health, labels }) => {
    const number = Number(labels[label.number] ?? 1);
    const metrics = watch.latest(id);
    const ill = health === "unhealthy" || check?.ok === false;
    return {
      ...{
        name: number === 1 ? service.service : `${service.service}_${number}`,
        host,
        milliseconds: check?.ms ?? 0,
      },
      state: state !== "running" ? "stopped" : ill ? "error" : "running",
      ...(metrics && state === "running" && { metrics }),
    };
  });
}
