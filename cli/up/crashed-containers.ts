/**
 * One look at the containers that a run started. Handlers monitor only replacements, so that a first deployment waits
 * for nothing: what crashes right after its creation is found here, for all services at once.
 */
import { sleep } from "../../provider/engine/connection/deadline.js";
import { lastWords } from "../../provider/engine/containers/wait.js";
import { inspectContainer } from "../../provider/engine/observe/inspect.js";
import { observeProject } from "../../provider/engine/observe/snapshot.js";
import { withAbsoluteTls } from "../../provider/model/host-ref.js";
import { containersOf } from "../../provider/model/reconcile/desired.js";
import type { ObservedContainer } from "../../provider/model/observed.js";
import { isKind, type NodeOf } from "../../provider/model/plan/node.js";
import { K2Error } from "../../provider/shared/errors.js";
import type { Context } from "../application/context.js";
import type { ComputedChanges } from "../changes/compute-changes.js";
import type { Outcome } from "../deployment/deploy.js";

type Started = NodeOf<"service">["inputs"];

/** Age in milliseconds at which a container is expected to have crashed if it ever does at its start. */
const settled = 1_000;

/** Prints each container that has crashed, and returns their names. */
export async function crashedContainers(
  context: Context,
  { plan, run, workspace }: Pick<ComputedChanges, "plan" | "run" | "workspace">,
  { done, result }: Pick<Outcome, "done" | "result">,
): Promise<string[]> {
  const changed = done.filter(({ kind, op }) => kind === "Service" && (op === "create" || op === "update"));
  const names = new Set(changed.map(({ name }) => name));
  const started = plan.nodes.filter(isKind("service")).filter(({ name }) => names.has(name));
  if (started.length === 0 || run.noStart || result.cancelled) return [];
  const age = Date.now() - Math.max(...changed.map(({ at = 0 }) => at));
  if (age < settled) await sleep(settled - age, context.signal);
  const byHost = new Map<string, Started[]>();
  for (const { inputs } of started)
    byHost.set(inputs.host.name, [
      ...(byHost.get(inputs.host.name) ?? []),
      { ...inputs, host: withAbsoluteTls(inputs.host, workspace.base) },
    ]);
  return (await Promise.all([...byHost.values()].map((services) => crashedOn(context, services)))).flat();
}

async function crashedOn(context: Context, services: Started[]): Promise<string[]> {
  const [first] = services;
  if (!first) return [];
  const engine = await context.engine(first.host);
  // The run itself has reported a host that no longer answers.
  const seen = await observeProject(engine, first.project, context.signal, { networks: [] }).catch(
    () => undefined,
  );
  const crashed = services.flatMap(({ project, service }) =>
    containersOf(seen?.containers ?? [], project, service).filter(hasCrashed),
  );
  for (const { id, name, state, exitCode } of crashed) {
    const { Config } = await inspectContainer(engine, id, context.signal);
    const what = state === "exited" ? `exited with ${exitCode}` : `is ${state}`;
    const hint = await lastWords(engine, id, Config);
    context.out.error(new K2Error("unhealthy", `${name} ${what}`, { at: first.host.name, hint }).message);
  }
  return crashed.map(({ name }) => name);
}

function hasCrashed({ state, exitCode }: ObservedContainer): boolean {
  return state === "restarting" || state === "dead" || (state === "exited" && exitCode !== 0);
}
