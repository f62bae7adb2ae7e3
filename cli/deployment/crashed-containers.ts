/**
 * One look at the containers that a run has started. Handlers monitor only replacements, so that a first deployment
 * waits for nothing: what crashes right after its creation is found here, for all services at once.
 */
import { sleep } from "../../provider/engine/connection/deadline.js";
import { lastWords } from "../../provider/engine/containers/wait.js";
import type { Engine } from "../../provider/engine/connection/connect.js";
import { isYoung, withCrashLoops } from "../../provider/engine/observe/crash-loops.js";
import { findContainer } from "../../provider/engine/observe/inspect.js";
import { projectContainers } from "../../provider/engine/observe/snapshot.js";
import { withAbsoluteTls } from "../../provider/model/host-ref.js";
import { containersOf } from "../../provider/model/reconcile/desired.js";
import { label } from "../../provider/model/labels.js";
import type { HostRef } from "../../provider/model/kinds.js";
import type { ObservedContainer } from "../../provider/model/observed.js";
import { isKind, type Plan } from "../../provider/model/plan/node.js";
import { K2Error } from "../../provider/shared/errors.js";
import type { Context } from "../application/context.js";
import { withNotice } from "../terminal/redraw.js";
import type { Done } from "./view.js";

/** Age in milliseconds at which a container is expected to have crashed if it ever does at its start. */
const settled = 1_000;

interface Run {
  plan: Plan;
  done: Done[];
  /** When it started, as milliseconds since the epoch. */
  since: number;
  /** The folder of relative TLS paths. */
  base: string;
  /** Jobs are worth waiting for, because everything that they need was deployed. */
  isComplete: boolean;
}

/** Services of one host that the run has created or updated. */
interface Changed {
  host: HostRef;
  project: string;
  services: Set<string>;
  /** Those whose completion other services wait for, also services that did not change. */
  jobs: Set<string>;
  /** When the last of them was done, as milliseconds since the epoch. */
  at: number;
}

export interface Crashed {
  /** The container. */
  name: string;
  host: string;
  /** With the last lines of its output. */
  text: string;
}

export async function crashedContainers(context: Context, run: Run): Promise<Crashed[]> {
  const found = await Promise.all(changedHosts(run).map((changed) => crashedOn(context, run, changed)));
  return found.flat();
}

function changedHosts({ plan, done, base }: Run): Changed[] {
  const ends = new Map<string, number>();
  for (const { kind, name, op, at = 0 } of done)
    if (kind === "Service" && (op === "create" || op === "update")) ends.set(name, at);
  const all = plan.nodes.filter(isKind("service"));
  const awaited = new Set(
    all.flatMap(({ context }) =>
      context.gates
        .filter(({ condition }) => condition === "service_completed_successfully")
        .map(({ service, host }) => `${service}@${host.name}`),
    ),
  );
  const hosts = new Map<string, Changed>();
  for (const { name, inputs } of all) {
    const at = ends.get(name);
    if (at === undefined) continue;
    const { project, service } = inputs;
    const host = withAbsoluteTls(inputs.host, base);
    const own = hosts.get(host.name) ?? { host, project, services: new Set(), jobs: new Set(), at };
    own.services.add(service);
    if (awaited.has(name)) own.jobs.add(service);
    own.at = Math.max(own.at, at);
    hosts.set(host.name, own);
  }
  return [...hosts.values()];
}

async function crashedOn(context: Context, run: Run, changed: Changed): Promise<Crashed[]> {
  const { signal } = context;
  const host = changed.host.name;
  const engine = await context.engine(changed.host);
  // The run itself has reported a host that no longer answers.
  const there = await settledContainers(context, engine, run, changed).catch((error: unknown) => {
    signal.throwIfAborted();
    if (K2Error.is(error) && error.code === "unreachable") return [];
    throw error;
  });
  return Promise.all(
    there.filter(hasCrashed).map(async ({ id, name, state, exitCode }) => {
      const what = state === "exited" ? `exited with ${exitCode}` : `is ${state}`;
      const found = await findContainer(engine, id, signal);
      const hint = found && (await lastWords(engine, id, found.Config));
      const error = new K2Error("unhealthy", `${name} ${what}`, { at: host, ...(hint && { hint }) });
      return { name, host, text: error.message };
    }),
  );
}

/** Lists the containers once the youngest has settled, and jobs that others wait for have ended. */
async function settledContainers(
  context: Context,
  engine: Engine,
  { since, isComplete }: Run,
  { project, services, jobs, at }: Changed,
): Promise<ObservedContainer[]> {
  const { signal } = context;
  const list = async () => {
    const containers = await projectContainers(engine, project, { signal });
    return [...services].flatMap((service) => containersOf(containers, project, service));
  };
  const isSettled = () => Date.now() - at >= settled;
  const isJob = ({ labels }: ObservedContainer) => jobs.has(labels[label.service] ?? "");
  for (;;) {
    const there = await list();
    if (!isSettled() && there.some((one) => isYoung(one, 0))) {
      await sleep(at + settled - Date.now(), signal);
      continue;
    }
    const seconds = Math.ceil((Date.now() - since) / 1000);
    const now = await withCrashLoops(engine, there, { seconds, signal });
    const working = isComplete ? now.filter((one) => isJob(one) && one.state === "running") : [];
    if (working.length === 0) return now;
    const names = working.map(({ name }) => name).join(", ");
    await withNotice(context.out.redrawn, `Waiting for ${names} to complete`, () => sleep(500, signal));
  }
}

function hasCrashed({ state, exitCode }: ObservedContainer): boolean {
  return state === "restarting" || state === "dead" || (state === "exited" && exitCode !== 0);
}
