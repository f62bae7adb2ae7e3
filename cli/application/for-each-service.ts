/**
 * Runs an action for many services in the order of their dependencies, and prints the messages of the original
 * k2-compose.
 */
import type { Engine } from "../../provider/engine/connection/connect.js";
import { K2Error, messageOf } from "../../provider/shared/errors.js";
import type { ObservedContainer } from "../../provider/model/observed.js";
import type { Context } from "./context.js";
import { exitCodeOf } from "../terminal/exit-codes.js";
import type { LiveService } from "./live-application.js";
import { labelOf, onReachableHosts } from "./targets.js";
import { withSecretValues } from "./secret-values.js";
import { waves } from "./dependency-waves.js";

interface ServiceAction {
  /** "Stopping": printed as "Stopping [web] ...". */
  doing: string;
  /** start: dependencies first; stop: dependents first. */
  order: "start" | "stop";
  /** Returns a warning if there was nothing to do. */
  run(service: LiveService, engine: Engine): Promise<string | void>;
}

/** Services of a wave run in parallel. Returns the exit code. */
export async function forEachService(
  context: Context,
  all: LiveService[],
  what: ServiceAction,
): Promise<number> {
  const plain = all.filter(({ onSwarm }) => !onSwarm);
  const { services, dead } = onReachableHosts(context, await withSecretValues(context, plain));
  let code = dead ? exitCodeOf("unreachable") : 0;
  for (const name of new Set(all.flatMap(({ service, onSwarm }) => (onSwarm ? service : [])))) {
    context.out.error(messageOf(notOnSwarm(name, what)));
    code ||= exitCodeOf("unsupported");
  }
  const ordered = waves(services);
  const failed = new Set<string>();
  for (const wave of what.order === "start" ? ordered : ordered.reverse()) {
    const work = wave.map((service) => ({ service, result: attempt(context, service, what, failed) }));
    for (const { service, result } of work) {
      context.out.line(`${what.doing} [${labelOf(service, services)}] ...`);
      const { warning, error } = await result;
      if (warning !== undefined) context.out.warn(warning);
      if (error === undefined) context.out.line("Done.");
      else {
        failed.add(service.service);
        context.out.error(messageOf(error));
        code ||= K2Error.is(error) ? exitCodeOf(error.code) : 1;
      }
    }
  }
  return code;
}

/** The swarm would start what is stopped here. */
function notOnSwarm(service: string, { doing }: ServiceAction): K2Error {
  return new K2Error(
    "unsupported",
    `${doing} [${service}]: it runs on the swarm, which replaces its containers`,
    {
      hint: `Scale it (k2-compose scale ${service}=0), or change \`swarm.redeploy\` in the file to restart its tasks.`,
    },
  );
}

/** Works on all containers of a service at once, and throws the first failure. */
export async function eachContainer(
  { containers }: LiveService,
  work: (container: ObservedContainer) => Promise<unknown>,
): Promise<void> {
  const results = await Promise.allSettled(containers.map(work));
  const failure = results.find((result) => result.status === "rejected");
  if (failure) throw failure.reason;
}

interface Result {
  warning?: string;
  error?: unknown;
}

/** Never rejects, because errors are printed in order. After Ctrl-C, the remaining services are not started. */
async function attempt(
  context: Context,
  service: LiveService,
  what: ServiceAction,
  failed: Set<string>,
): Promise<Result> {
  const missing = what.order === "start" && service.dependsOn.find((name) => failed.has(name));
  if (missing)
    return { error: new K2Error("blocked", `${service.service} depends on ${missing}, which failed`) };
  try {
    context.signal.throwIfAborted();
    const warning = await what.run(service, await context.engine(service.host));
    return warning === undefined ? {} : { warning };
  } catch (error) {
    return { error };
  }
}
