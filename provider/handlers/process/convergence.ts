/** Waits until services of a swarm have converged: one poller for all services that wait. */
import { sleep } from "../../engine/connection/deadline.js";
import type { Engine } from "../../engine/connection/connect.js";
import { listNodes, listServices, listTasks } from "../../engine/swarm/list.js";
import { taskLog } from "../../engine/swarm/logs.js";
import { K2Error } from "../../shared/errors.js";
import type { SwarmServiceContext } from "../../model/kinds.js";
import { judge, type Judged } from "../../model/swarm/convergence/judge.js";
import { type Failed, printVerdict } from "../../model/swarm/convergence/verdict.js";
import { hasFailed, shown, type ShownTask } from "../../model/swarm/convergence/tasks.js";
import type { ObservedNode, ObservedSwarmService, ObservedTask } from "../../model/swarm/observed.js";
import type { ServiceSpec } from "../../model/swarm/spec-types.js";
import { swarmLabel } from "../../model/swarm/swarm-labels.js";
import type { Call } from "./handler.js";

/** A service as it is now, with the tasks that belong to its present specification. */
export interface ServiceNow {
  service: ObservedSwarmService;
  tasks: ObservedTask[];
  nodes: ObservedNode[];
}

interface Waiter {
  id: string;
  resolve: (now: ServiceNow | undefined) => void;
  reject: (error: unknown) => void;
}

/** Milliseconds between two rounds; longer if an answer takes long. */
const shortest = 200;
const share = 5;

/** Asks for all services that wait at that time, in rounds. */
class SwarmPoller {
  private waiting: Waiter[] = [];
  private running = false;

  /** The service in the next round; undefined if it is gone. */
  next(id: string, engine: Engine, signal: AbortSignal): Promise<ServiceNow | undefined> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ id, resolve, reject });
      if (!this.running) void this.run(engine, signal);
    });
  }

  private async run(engine: Engine, signal: AbortSignal): Promise<void> {
    this.running = true;
    let took = 0;
    while (this.waiting.length > 0) {
      try {
        await sleep(Math.max(shortest, share * took), signal);
        const start = performance.now();
        await this.round(engine, signal);
        took = performance.now() - start;
      } catch (error) {
        for (const { reject } of this.waiting.splice(0)) reject(error);
      }
    }
    this.running = false;
  }

  private async round(engine: Engine, signal: AbortSignal): Promise<void> {
    const asked = this.waiting.splice(0);
    try {
      const ids = [...new Set(asked.map(({ id }) => id))];
      const services = await listServices(engine, { filters: { id: ids }, signal });
      const there = services.map(({ id }) => id);
      // Tasks are read after the services, so that they are not older.
      const upToDate = { service: there, "_up-to-date": ["true"] };
      const [tasks, nodes] = await Promise.all([
        there.length === 0 ? [] : listTasks(engine, { filters: upToDate, signal }),
        listNodes(engine, { signal }),
      ]);
      for (const { id, resolve } of asked) {
        const service = services.find((one) => one.id === id);
        resolve(service && { service, tasks: tasks.filter(({ serviceId }) => serviceId === id), nodes });
      }
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  }
}

const newPoller = () => new SwarmPoller();

interface Deployment {
  id: string;
  name: string;
  /** The version that the update was sent for. */
  base?: number | undefined;
  restarts: boolean;
  /** Nothing was sent: the result of an earlier update says nothing about the tasks of today. */
  unchanged?: boolean;
}

/** Throws K2Error with the reason, the failing task and its last lines. */
export async function converged(
  { id, name, base, restarts, unchanged = false }: Deployment,
  engine: Engine,
  { timeout, monitor, attempts }: Pick<SwarmServiceContext, "timeout" | "monitor" | "attempts">,
  call: Call,
): Promise<ServiceNow> {
  const poller = engine.memory.of(newPoller);
  const options = {
    ...(timeout !== undefined && { timeout: timeout * 1000 }),
    ...(monitor !== undefined && { monitor: monitor * 1000 }),
    ...(attempts !== undefined && { attempts }),
  };
  const logs = new TaskLogs(engine, call.signal);
  let seen: Judged["seen"] | undefined;
  let failedAt: number | undefined;
  for (;;) {
    const now = await nextOf(poller, id, engine, call.signal);
    if (!now) throw new K2Error("not-found", `${name} was removed while it was deployed`);
    const input = {
      ...{ ...now, restarts, options, now: performance.now() },
      service: unchanged ? withoutResult(now.service) : now.service,
      ...(base !== undefined && { base }),
      ...(seen && { seen }),
    };
    let verdict = judge(input);
    if (verdict.fetch !== undefined) {
      const [fetched] = await listTasks(engine, { filters: { id: [verdict.fetch] }, signal: call.signal });
      if (fetched) verdict = judge({ ...input, seen: verdict.seen, fetched });
    }
    ({ seen } = verdict);
    call.progress({ op: "wait", host: engine.host.name, text: `${name}: ${printVerdict(verdict)}` });
    if (verdict.state === "done") return now;
    await logs.note(seen);
    if (verdict.state === "failed" && !mayRecover(verdict, (failedAt ??= performance.now()))) {
      const task = verdict.task?.state === undefined ? await lastFailure(now, engine) : undefined;
      const explained = task ? { ...verdict, task } : verdict;
      const running = await runningVersions(now.service, engine).catch(() => undefined);
      throw failure(name, explained, await logs.of(explained.task?.id), running);
    }
  }
}

/** Milliseconds. */
const recovery = 10_000;

/** The engine calls a rollback complete before the tasks of the previous specification run. */
function mayRecover({ cause, count, wanted }: Failed, failedAt: number): boolean {
  return cause === "rolledBack" && count < wanted && performance.now() - failedAt < recovery;
}

/** An update that fails between two polls leaves its tasks only in the history. */
async function lastFailure({ service, nodes }: ServiceNow, engine: Engine): Promise<ShownTask | undefined> {
  const tasks = await listTasks(engine, { filters: { service: [service.id] } }).catch(() => []);
  const [newest] = tasks.filter(hasFailed).sort((one, other) => (one.createdAt < other.createdAt ? 1 : -1));
  return newest && shown(newest, service.spec, nodes);
}

/** Milliseconds: managers elect another leader in less. */
const patience = 30_000;

/** While there is no leader, a manager answers with an error. */
async function nextOf(
  poller: SwarmPoller,
  id: string,
  engine: Engine,
  signal: AbortSignal,
): Promise<ServiceNow | undefined> {
  const begin = performance.now();
  for (;;) {
    try {
      return await poller.next(id, engine, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (performance.now() - begin > patience) throw error;
    }
  }
}

function withoutResult({ update, ...service }: ObservedSwarmService): ObservedSwarmService {
  const isOver = update?.state === "completed" || update?.state === "rollback_completed";
  return isOver || !update ? service : { ...service, update };
}

/** Logs of failed tasks, read at once: a swarm keeps only a few ended tasks, and their logs go with them. */
class TaskLogs {
  private readonly logs = new Map<string, Promise<string[]>>();

  constructor(
    private readonly engine: Engine,
    private readonly signal: AbortSignal,
  ) {}

  async note({ failures, blamed }: Judged["seen"]): Promise<void> {
    const ids = Object.values(failures).map(({ newest }) => newest.id);
    await Promise.all([...ids, blamed?.id].map((id) => this.of(id)));
  }

  of(task: string | undefined): Promise<string[]> {
    if (task === undefined) return Promise.resolve([]);
    const known = this.logs.get(task);
    if (known) return known;
    const asked = taskLog(this.engine, task, this.signal).catch(() => []);
    this.logs.set(task, asked);
    return asked;
  }
}

function failure(name: string, verdict: Failed, lines: string[], running: string | undefined): K2Error {
  const log = lines.length === 0 ? [] : ["its last lines:", ...lines.map((line) => `  ${line}`)];
  const text = [`${name}: ${printVerdict(verdict)}`, ...log].join("\n");
  const code = verdict.cause === "timeout" ? "timeout" : "unhealthy";
  return new K2Error(code, text, running === undefined ? {} : { hint: running });
}

/** "Tasks that run now: 2 of shop/web:1." */
async function runningVersions(
  { id, spec, previousSpec }: ObservedSwarmService,
  engine: Engine,
): Promise<string> {
  const running = async (filters: Record<string, string[]>) => {
    const tasks = await listTasks(engine, { filters: { service: [id], ...filters } });
    return tasks.filter(({ state }) => state === "running").length;
  };
  const [all, present] = [await running({}), await running({ "_up-to-date": ["true"] })];
  const earlier = previousSpec ? imageIn(previousSpec) : "the earlier version";
  const versions = [
    ...(present > 0 ? [`${present} of ${imageIn(spec)}`] : []),
    ...(all > present ? [`${all - present} of ${earlier}`] : []),
  ];
  return versions.length === 0 ? "No task runs." : `Tasks that run now: ${versions.join(", ")}.`;
}

function imageIn({ Labels, TaskTemplate }: ServiceSpec): string {
  return Labels?.[swarmLabel.image] ?? TaskTemplate.ContainerSpec.Image;
}
