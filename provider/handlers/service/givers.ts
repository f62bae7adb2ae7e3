/**
 * Services that give up a port, an address or a name for the start of another one: docs/decisions/changing-hands.md. The
 * engine is asked right before the start, because the giver may have been replaced meanwhile.
 */
import type { Engine } from "../../engine/connection/connect.js";
import { runHooks } from "../../engine/containers/exec.js";
import { shortId } from "../../model/images/digest.js";
import { isFixed } from "../../engine/inspection/fixed-holdings.js";
import { restartSharers } from "../../engine/inspection/restart-sharers.js";
import { findContainer } from "../../engine/observe/inspect.js";
import { identityOf, projectContainers } from "../../engine/observe/snapshot.js";
import { takesOf, type Taking } from "../../model/changes/takes.js";
import type { ServiceContext, ServiceInputs } from "../../model/kinds.js";
import { exclusivesOf, heldBy, isSame } from "../../model/placement/exclusive.js";
import { containersOf } from "../../model/reconcile/desired.js";
import { isUp } from "../../model/reconcile/replace.js";
import { Aftermath, isTolerated, messageOf } from "../../shared/errors.js";
import { type Call, Unfinished } from "../process/handler.js";

export interface TakingCall extends Call {
  givers: Givers;
}

/** Does the work; if it fails, what others gave up for it is theirs again. */
export async function withGivers<T>(
  inputs: ServiceInputs,
  context: ServiceContext,
  call: Call,
  work: (call: TakingCall) => Promise<T>,
): Promise<T> {
  const givers = new Givers(inputs, context, call);
  try {
    return await work({ ...call, givers });
  } catch (error) {
    if (isTolerated(error)) throw error;
    const words = await givers.putBack().catch((second: unknown) => [messageOf(second)]);
    throw words.length === 0 ? error : saying(error, words);
  }
}

export function saying(error: unknown, words: string[]): Error {
  const cause = new Aftermath("handled", error, words.join("\n  "));
  return error instanceof Unfinished ? new Unfinished(error.id, error.outputs, cause) : cause;
}

export class Givers {
  private readonly given: Taking[] = [];
  private readonly engine: Engine;

  constructor(
    private readonly inputs: ServiceInputs,
    private readonly context: ServiceContext,
    private readonly call: Call,
  ) {
    this.engine = call.session.engine(inputs.host);
  }

  get areAsked(): boolean {
    return this.given.length > 0;
  }

  /** Before a container is created, whose name another one may have. */
  async takeNames(): Promise<void> {
    if (this.inputs.container_name === undefined) return;
    await this.oneByOne(async () => {
      for (const taking of await this.takings("rename")) {
        const { id = "", label: name } = taking.container;
        this.given.push(taking);
        await this.rename(id, `${shortId(id)}_${name}`);
      }
    });
  }

  /** `start` begins when ports and addresses are free, and no other start can take them. */
  async starting(start: () => Promise<void>): Promise<void> {
    if (exclusivesOf(this.inputs, this.context.networks).every(({ kind }) => kind === "name")) return start();
    await this.oneByOne(async () => {
      const takings = await this.takings("stop");
      const assigned: Taking[] = [];
      for (const taking of takings) {
        const found = await findContainer(this.engine, taking.container.id ?? "", this.call.signal);
        if (!found) continue;
        if (isFixed(taking.thing, found)) this.given.push(taking);
        else assigned.push(taking);
        await this.stop(taking);
      }
      try {
        await start();
      } catch (error) {
        this.given.push(...assigned);
        throw error;
      }
      // The engine had chosen what these had: it chooses again.
      for (const taking of distinct(assigned)) await this.start(taking);
    });
  }

  /** Returns what was done, as sentences. A container of this service that failed ends first. */
  async putBack(): Promise<string[]> {
    if (this.given.length === 0) return [];
    // The run may have been cancelled: this is part of the rollback.
    const lasting = new Givers(this.inputs, this.context, {
      ...this.call,
      signal: new AbortController().signal,
    });
    return this.oneByOne(async () => {
      await lasting.letGo(this.given);
      const words: string[] = [];
      for (const taking of distinct(this.given).reverse()) words.push(...(await lasting.giveBack(taking)));
      return words;
    });
  }

  private async giveBack(taking: Taking): Promise<string[]> {
    const { label: name, id = "" } = taking.container;
    try {
      const found = await findContainer(this.engine, id);
      // Its own service has replaced it meanwhile.
      if (!found) return [];
      if (taking.by === "rename") {
        await this.rename(id, name);
        return [`${name} has its name again`];
      }
      if (found.State.Running) return [];
      await this.start(taking);
      return [`${name} gave up ${taking.what} for it: started again`];
    } catch (error) {
      return [`could not start ${name}, which gave up ${taking.what} for it: ${messageOf(error)}`];
    }
  }

  /** The containers of this service that have what others gave up. */
  private async letGo(given: Taking[]): Promise<void> {
    const { project, service } = this.inputs;
    const containers = await projectContainers(this.engine, project, { service });
    for (const container of containersOf(containers, project, service)) {
      const held = given.filter(({ thing }) => heldBy(container).some((one) => isSame(one, thing)));
      if (held.some(({ by }) => by === "stop") && isUp(container)) await this.stopContainer(container.id);
      if (held.some(({ by }) => by === "rename"))
        await this.rename(container.id, `${shortId(container.id)}_${container.name}`);
    }
  }

  private async takings(by: Taking["by"]): Promise<Taking[]> {
    const { inputs, context, call } = this;
    const containers = await projectContainers(this.engine, inputs.project, { signal: call.signal });
    return takesOf(inputs, context, containers).filter((taking) => taking.by === by);
  }

  private async stop({ container, from, what }: Taking): Promise<void> {
    const { host } = this.inputs;
    this.call.progress({
      op: "stop",
      host: host.name,
      text: `stop ${container.label}: ${from} gives up ${what}`,
    });
    await this.runHooks("pre_stop", container.id ?? "", from);
    await this.stopContainer(container.id ?? "");
  }

  /** Hooks of a service that left the file are unknown to stock Pulumi, and where they contain secrets. */
  private async runHooks(kind: "pre_stop" | "post_start", id: string, service: string): Promise<void> {
    const { givers = [], run } = this.context;
    const own = [...givers, ...(run.left ?? [])].find((giver) => giver.service === service);
    const hooks = own?.[kind];
    if (!hooks) return;
    const found = await findContainer(this.engine, id);
    if (found?.State.Status === "running") await runHooks(this.engine, id, kind, hooks, this.call);
  }

  private async stopContainer(id: string): Promise<void> {
    await this.engine.post(`/containers/${id}/stop`, {
      query: { t: this.context.run.stopTimeout },
      ok: [304, 404],
      timeout: 24 * 3600_000,
      signal: this.call.signal,
    });
  }

  private async start({ from, container: { id = "" } }: Taking): Promise<void> {
    await this.engine.post(`/containers/${id}/start`, { ok: [304, 404], signal: this.call.signal });
    await this.runHooks("post_start", id, from);
    await restartSharers(this.engine, this.inputs.project, id, this.context.run.stopTimeout);
  }

  private async rename(id: string, name: string): Promise<void> {
    await this.engine.post(`/containers/${id}/rename`, {
      query: { name },
      ok: [404],
      signal: this.call.signal,
    });
  }

  /** One after another on an engine: between a stop and a start, no other service takes what was given up. */
  private async oneByOne<T>(work: () => Promise<T>): Promise<T> {
    const engineId = await identityOf(this.engine);
    return this.call.memory.queue.run(`${engineId} changing hands`, work);
  }
}

/** One for each container. */
function distinct(takings: Taking[]): Taking[] {
  return takings.filter(
    ({ container, by }, at) =>
      takings.findIndex((other) => other.container.id === container.id && other.by === by) === at,
  );
}
