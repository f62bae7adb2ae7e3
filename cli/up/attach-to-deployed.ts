/** Follows the logs of a deployment. */
import type { ObservedContainer } from "../../provider/model/observed.js";
import type { Context } from "../application/context.js";
import type { LiveService } from "../application/live-application.js";
import { withDependencies } from "../application/targets.js";
import { select } from "../arguments/select.js";
import type { ComputedChanges } from "../changes/compute-changes.js";
import { currentLogStart } from "../containers/container-run.js";
import { engineTime } from "../logs/container-log.js";
import type { Source } from "../logs/log-follower.js";
import type { AttachOptions } from "./attach-options.js";
import { attach } from "./follow-until-done.js";

/** Loads the deployed application again. Returns the exit code. */
export async function attachToDeployed(
  before: Context,
  seen: ComputedChanges,
  names: string[],
  options: AttachOptions,
  deployedAt: number,
): Promise<number> {
  return before.withFresh(async (context) => {
    const live = (await context.live()).services.filter(({ orphan }) => !orphan);
    const services = followedServices(live, names, options);
    const isShown = shownServices(live, names, options);
    const sinceOf = logStartsOf(seen, deployedAt, context.signal);
    const sources = services.flatMap((service) =>
      service.containers.flatMap((container): Source[] => {
        const since = sinceOf(service, container);
        return since ? [{ service, container, since, isHidden: !isShown(service) }] : [];
      }),
    );
    const { abortOnContainerFailure, abortOnContainerExit, timestamps = false } = options;
    const { exitCodeFrom, timeout, logPrefix } = options;
    const onExit = abortOnContainerExit || exitCodeFrom ? "exit" : undefined;
    return await attach(context, {
      ...{ services, sources, exitCodeFrom, timestamps, timeout, prefix: logPrefix !== false },
      abortOn: abortOnContainerFailure ? "failure" : onExit,
    });
  });
}

/** Dependencies of the named services, of attached services, or of all. */
function followedServices(
  live: LiveService[],
  names: string[],
  { attach, attachDependencies, exitCodeFrom }: AttachOptions,
): LiveService[] {
  const wanted = names.length > 0 ? names : Array.isArray(attach) ? attach : [];
  if (wanted.length === 0) return live;
  const chosen = select([...wanted, ...(exitCodeFrom ? [exitCodeFrom] : [])], live);
  return attachDependencies ? withDependencies(chosen, live) : chosen;
}

function shownServices(
  live: LiveService[],
  names: string[],
  { attach, attachDependencies, noAttach = [] }: AttachOptions,
): (service: LiveService) => boolean {
  const wanted = Array.isArray(attach) ? attach : names;
  const named = wanted.length > 0 ? select(wanted, live) : live;
  const chosen = new Set(attachDependencies ? withDependencies(named, live) : named);
  const hidden = new Set(noAttach.length > 0 ? select(noAttach, live) : []);
  const isNamed = Array.isArray(attach);
  return (service) =>
    chosen.has(service) && !hidden.has(service) && (isNamed || service.definition?.attach !== false);
}

/**
 * Where the log of a container starts: at its beginning for a new container, at the deployment for one that ran
 * before, at its start for one that was started. Containers that had exited and were not started are not followed.
 */
function logStartsOf({ snapshots, changes }: ComputedChanges, deployedAt: number, signal: AbortSignal) {
  const before = new Map(
    [...snapshots.values()].flatMap(({ containers }) =>
      containers.map(({ id, state }) => [id, state] as const),
    ),
  );
  const touched = new Set(
    changes.filter(({ kind, action }) => kind === "service" && action !== "same").map(({ name }) => name),
  );
  return ({ service, host }: LiveService, { id, state }: ObservedContainer): Source["since"] => {
    const known = before.get(id);
    if (known === undefined) return () => Promise.resolve(undefined);
    if (known === "running") return (engine) => engineTime(engine, deployedAt, signal);
    if (touched.has(`${service}@${host.name}`) || state === "running")
      return (engine) => currentLogStart(engine, id, signal);
    return undefined;
  };
}
