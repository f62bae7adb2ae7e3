/** The flags that make `up` stay and show logs. */
import type { ObservedContainer } from "../../provider/model/observed.js";
import { afresh } from "../application/with-fresh-context.js";
import type { Option } from "../arguments/option.js";
import type { Context } from "../application/context.js";
import { startOf } from "../containers/container-run.js";
import type { LiveService } from "../application/live-application.js";
import { byItsClock } from "../logs/container-log.js";
import type { Source } from "../logs/log-follower.js";
import { select } from "../arguments/select.js";
import { withDependencies } from "../application/targets.js";
import { attach } from "./follow-until-done.js";
import type { Survey } from "../changes/compute-changes.js";

export interface AttachOptions {
  /** True: all. */
  attach?: true | string[];
  attachDependencies?: boolean;
  noAttach?: string[];
  abortOnContainerExit?: boolean;
  abortOnContainerFailure?: boolean;
  exitCodeFrom?: string;
  logPrefix?: boolean;
  timestamps?: boolean;
  timeout?: number;
}

const background = ["detach", "wait", "json"];

export const attachOptions: Option[] = [
  {
    flags: "--attach [service]",
    does: "Stay, and follow the logs; with a name only those of this service",
    repeatable: true,
    conflicts: background,
  },
  {
    flags: "--attach-dependencies",
    does: "Also the logs of what named services depend on",
    conflicts: background,
  },
  { flags: "--no-attach <service>", does: "Not the logs of this service", repeatable: true },
  {
    flags: "--abort-on-container-exit",
    does: "Stop all as soon as one container ends, and end with its exit code",
    conflicts: [...background, "abortOnContainerFailure"],
  },
  {
    flags: "--abort-on-container-failure",
    does: "The same, where it ends with another code than 0",
    conflicts: background,
  },
  {
    flags: "--exit-code-from <service>",
    does: "End with the exit code of this service; implies --abort-on-container-exit",
    conflicts: background,
  },
  { flags: "--no-log-prefix", does: "Logs without names of containers" },
  { flags: "--timestamps", does: "Logs with times" },
];

export function staysAttached(options: AttachOptions): boolean {
  const { attach, attachDependencies, abortOnContainerExit, abortOnContainerFailure, exitCodeFrom } = options;
  return [attach, attachDependencies, abortOnContainerExit, abortOnContainerFailure, exitCodeFrom].some(
    Boolean,
  );
}

/** Names that no service has are an error before anything is done. */
export function demandServices(
  { plan }: Survey,
  { attach, noAttach = [], exitCodeFrom }: AttachOptions,
): void {
  const services = plan.nodes
    .filter(({ kind }) => kind === "service")
    .map(({ inputs }) => inputs as { service: string; host: { name: string } });
  const names = [
    ...(Array.isArray(attach) ? attach : []),
    ...noAttach,
    ...(exitCodeFrom ? [exitCodeFrom] : []),
  ];
  for (const name of names) select([name], services);
}

/**
 * What was deployed is looked at afresh. Returns the exit code.
 *
 * @param deployedAt when the deployment began, in ms of the epoch
 */
export async function stayAttached(
  before: Context,
  seen: Survey,
  names: string[],
  options: AttachOptions,
  deployedAt: number,
): Promise<number> {
  return afresh(before, async (context) => {
    const live = (await context.live()).services.filter(({ orphan }) => !orphan);
    const services = followedOf(live, names, options);
    const isShown = shownOf(live, names, options);
    const sinceOf = beginningsOf(seen, deployedAt, context.signal);
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

/** Of the named services, of those that are attached to, else of all. */
function followedOf(
  live: LiveService[],
  names: string[],
  { attach, attachDependencies, exitCodeFrom }: AttachOptions,
): LiveService[] {
  const wanted = names.length > 0 ? names : Array.isArray(attach) ? attach : [];
  if (wanted.length === 0) return live;
  const chosen = select([...wanted, ...(exitCodeFrom ? [exitCodeFrom] : [])], live);
  return attachDependencies ? withDependencies(chosen, live) : chosen;
}

function shownOf(
  live: LiveService[],
  names: string[],
  { attach, attachDependencies, noAttach = [] }: AttachOptions,
): (service: LiveService) => boolean {
  const wanted = Array.isArray(attach) ? attach : names;
  const named = wanted.length > 0 ? select(wanted, live) : live;
  const chosen = new Set(attachDependencies ? withDependencies(named, live) : named);
  const hidden = new Set(noAttach.length > 0 ? select(noAttach, live) : []);
  const isSaid = Array.isArray(attach);
  return (service) =>
    chosen.has(service) && !hidden.has(service) && (isSaid || service.definition?.attach !== false);
}

/**
 * Where the log of a container begins: all of it is shown of a new one; since the deployment, of one that ran before and
 * may have ended meanwhile; since its start, of one that was started. What had ended and was left alone is not followed.
 */
function beginningsOf({ sights, changes }: Survey, deployedAt: number, signal: AbortSignal) {
  const before = new Map(
    [...sights.values()].flatMap(({ containers }) => containers.map(({ id, state }) => [id, state] as const)),
  );
  const touched = new Set(
    changes.filter(({ kind, action }) => kind === "service" && action !== "same").map(({ name }) => name),
  );
  return ({ service, host }: LiveService, { id, state }: ObservedContainer): Source["since"] => {
    const known = before.get(id);
    if (known === undefined) return () => Promise.resolve(undefined);
    if (known === "running") return (engine) => byItsClock(engine, deployedAt, signal);
    if (touched.has(`${service}@${host.name}`) || state === "running")
      return (engine) => startOf(engine, id, signal);
    return undefined;
  };
}
