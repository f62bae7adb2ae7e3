/** Executes operations in order, and their undo steps if one fails. model/reconcile makes the decisions. */
import { Aftermath, K2Error, messageOf } from "../../shared/errors.js";
import {
  type ContainerHandle,
  type CreateOperation,
  type Operation,
  type Operations,
  printOperation,
  type Swap,
  type WaitFor,
} from "../../model/reconcile/operations.js";
import type { OnStep } from "../../model/steps.js";
import type { Engine } from "../connection/connect.js";
import { type Rolling, tolerance } from "../../model/reconcile/update-policy.js";
import { renameContainer } from "./container-names.js";
import { sleep } from "../connection/deadline.js";
import { inspectContainer } from "../observe/inspect.js";
import { Stuck } from "./stuck-task.js";
import { waitFor, type WaitOptions } from "./wait.js";

/** The steps that depend on the service. */
export interface ContainerSteps {
  /** Throws if the dependency is not healthy. */
  gate(index: number): Promise<void>;
  /** Creates the container, connects it, copies its files, and returns its id. */
  create(operation: CreateOperation): Promise<string>;
  /** Runs hooks of `pre_start`, by index. */
  preStart(id: string, hooks: number[]): Promise<void>;
  /** Called before the container is started. */
  beforeStart(id: string): Promise<void>;
  /** Calls `start` once other containers have given up what this one needs. */
  starting(id: string, start: () => Promise<void>): Promise<void>;
  afterStart(id: string): Promise<void>;
  /** Called after a container is restored because its replacement failed. */
  afterPutBack(id: string): Promise<void>;
  beforeStop(id: string): Promise<void>;
  /** Volumes that belong to one container and are removed with it. */
  ownVolumes(id: string): Promise<string[]>;
  /** Runs the service's health_check, from outside the container. */
  probe(signal?: AbortSignal): Promise<void>;
}

interface ExecuteOptions {
  signal?: AbortSignal;
  /** The order and failure limits of replacements. */
  rolling?: Rolling;
  onStep?: OnStep;
  /** Seconds until a container is killed on stop; default: its own grace period. */
  stopTimeout?: number;
  /** Seconds to wait for healthy; default: the maximum that the healthcheck allows. */
  waitTimeout?: number;
}

/**
 * Executes the operations. If a swap fails, the replaced container is restored. `rolling` limits how many swaps may
 * fail before the remaining ones are skipped; the first error is thrown at the end in any case, marked as tolerated if
 * all remaining work was done.
 */
export async function execute(
  engine: Engine,
  operations: Operations,
  containerSteps: ContainerSteps,
  options: ExecuteOptions = {},
): Promise<void> {
  const run = new Run(engine, containerSteps, options);
  const { delay = 0, onFailure = "pause", maxFailureRatio = 0 } = options.rolling ?? {};
  const swaps = operations.stages.flat().filter(({ undoable }) => undoable > 0).length;
  const failures: unknown[] = [];
  let replaced = false;
  let isTolerated = true;
  for (const stage of operations.stages) {
    if (failures.length > 0 && stage.some(({ lends }) => lends)) {
      isTolerated = false;
      break;
    }
    const replaces = stage.some(({ undoable }) => undoable > 0);
    if (replaces && replaced) await sleep(delay, options.signal);
    replaced ||= replaces;
    const results = await Promise.allSettled(stage.map((swap) => run.swap(swap)));
    failures.push(
      ...results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : [])),
    );
    if (failures.length === 0) continue;
    isTolerated = replaces && failures.length / swaps <= maxFailureRatio;
    if (options.signal?.aborted || !(isTolerated || (replaces && onFailure === "continue"))) break;
  }
  if (failures.length === 0) return;
  throw isTolerated && !options.signal?.aborted
    ? new Aftermath("tolerated", failures[0], tolerance)
    : failures[0];
}

class Run {
  /** Ids of created containers, by label. */
  private readonly created = new Map<string, string>();
  /** Their names on the engine, by label. */
  private readonly names = new Map<string, string>();

  constructor(
    private readonly engine: Engine,
    private readonly containerSteps: ContainerSteps,
    private readonly options: ExecuteOptions,
  ) {}

  async swap(swap: Swap): Promise<void> {
    for (const [at, step] of swap.steps.entries()) {
      try {
        this.options.signal?.throwIfAborted();
        await this.step(step);
      } catch (error) {
        if (at < swap.undoable) throw await this.undo(swap, error);
        throw cancelledOr(error, this.options.signal);
      }
    }
  }

  /** The rollback continues after cancellation, because a half-finished swap is worse than a delay. */
  private async undo(swap: Swap, error: unknown): Promise<Error> {
    const undone: string[] = [];
    for (const step of swap.undo) {
      if (step.op === "remove" && step.container.id === undefined && !this.created.has(step.container.label))
        continue;
      try {
        await this.step(step, { undoing: true });
        undone.push(this.wordsOf(step));
      } catch (second) {
        undone.push(`could not ${this.wordsOf(step)}: ${messageOf(second)}`);
      }
    }
    const cause = cancelledOr(error, this.options.signal);
    if (undone.length === 0) return cause;
    return new Aftermath("handled", cause, `restored: ${undone.join(", ")}`);
  }

  private async step(step: Operation, { undoing = false } = {}): Promise<void> {
    const signal = undoing ? undefined : this.options.signal;
    this.options.onStep?.({ op: step.op, host: this.engine.host.name, text: this.wordsOf(step) });
    if (step.op === "gate") return this.containerSteps.gate(step.gate);
    if (step.op === "create") {
      this.names.set(step.container.label, step.name);
      this.created.set(step.container.label, await this.containerSteps.create(step));
      return;
    }
    const id = step.container.id ?? this.created.get(step.container.label);
    if (id === undefined) throw new Error(`${step.container.label} was not created`);
    const path = `/containers/${id}`;
    switch (step.op) {
      case "pre_start":
        return this.containerSteps.preStart(id, step.hooks);
      case "start":
        if (undoing) return this.putBack(id, step.container.label);
        await this.containerSteps.beforeStart(id);
        await this.containerSteps.starting(id, () => this.start(id, this.nameOf(step.container), signal));
        await this.containerSteps.afterStart(id);
        return this.wait(id, step.wait, { signal, justStarted: true });
      case "probe":
        return this.probe(id, signal);
      case "unpause":
        await this.engine.post(`${path}/unpause`, { signal });
        return this.wait(id, step.wait, { signal });
      case "stop":
        await this.containerSteps.beforeStop(id);
        // The engine answers once the container has exited, which takes up to its grace period.
        return this.engine.post(`${path}/stop`, {
          query: { t: this.options.stopTimeout },
          ok: [304, 404],
          timeout: 24 * 3600_000,
          signal,
        });
      case "remove":
        return this.remove(id, signal);
      case "rename":
        await renameContainer(this.engine, id, step.name, signal);
        return;
    }
  }

  /** A new container has a name of its own until it replaces the old one. */
  private nameOf({ label }: ContainerHandle): string {
    return this.names.get(label) ?? label;
  }

  private wordsOf(step: Operation): string {
    if (step.op === "gate") return wordsOf(step);
    const name = step.op === "create" ? step.name : this.nameOf(step.container);
    return wordsOf({ ...step, container: { ...step.container, label: name } });
  }

  /**
   * The restored container keeps its own files and must not get those of the failed one. It may never have been
   * stopped.
   */
  private async putBack(id: string, name: string): Promise<void> {
    const { State } = await inspectContainer(this.engine, id);
    if (State.Running) return;
    await this.start(id, name);
    await this.containerSteps.afterPutBack(id);
    await this.wait(id, "started", { justStarted: true });
  }

  /** Ends early if the container exits. */
  private async probe(id: string, signal?: AbortSignal): Promise<void> {
    const ended = new AbortController();
    const until = signal ? AbortSignal.any([signal, ended.signal]) : ended.signal;
    const passed = this.containerSteps.probe(until);
    const monitored = waitFor(this.engine, id, "stable", {
      signal: until,
      monitor: Infinity,
      justStarted: true,
    });
    try {
      await Promise.race([passed, monitored.then(() => passed)]);
    } finally {
      ended.abort();
    }
  }

  private wait(id: string, what: WaitFor, options: WaitOptions): Promise<void> {
    const { rolling, waitTimeout, onStep } = this.options;
    return waitFor(this.engine, id, what, {
      ...options,
      monitor: rolling?.monitor,
      limit: waitTimeout === undefined ? undefined : waitTimeout * 1000,
      onWait: onStep,
    });
  }

  /**
   * Named and anonymous volumes are kept; volumes that only hold uploaded files are removed, because nothing else
   * refers to them.
   */
  private async remove(id: string, signal?: AbortSignal): Promise<void> {
    const volumes = await this.containerSteps.ownVolumes(id);
    await this.engine.delete(`/containers/${id}`, { query: { force: true, v: false }, ok: [404], signal });
    for (const volume of volumes) await this.engine.delete(`/volumes/${volume}`, { ok: [404, 409], signal });
  }

  private async start(id: string, name: string, signal?: AbortSignal): Promise<void> {
    try {
      await this.engine.post(`/containers/${id}/start`, { ok: [304], signal });
    } catch (error) {
      if (isTaskLeft(error)) throw new Stuck(id, name, error);
      if (!isPortTaken(error)) throw error;
      const hint = "Another container or program has the port: stop it, or publish another one.";
      throw new K2Error("conflict", `${name} cannot be started: ${error.what}`, {
        at: this.engine.host.name,
        hint,
        cause: error,
      });
    }
  }
}

// Engines report these errors only in the message, with a general status code.

function isPortTaken(error: unknown): error is K2Error {
  return K2Error.is(error) && /port is already allocated|address already in use/.test(error.what);
}

/** Whether containerd has kept a task of the container, which can then never be started again. */
function isTaskLeft(error: unknown): error is K2Error {
  return K2Error.is(error) && /task [0-9a-f]{64}:? already exists/.test(error.what);
}

function wordsOf(step: Operation): string {
  return printOperation(step).trim().replace(/ +/g, " ");
}

function cancelledOr(error: unknown, signal: AbortSignal | undefined): Error {
  if (signal?.aborted && !K2Error.is(error))
    return new K2Error("cancelled", messageOf(signal.reason), { cause: error });
  return error instanceof Error ? error : new Error(String(error));
}
