/**
 * Follows containers on many hosts until they end, and containers that start in the meantime because a service is
 * scaled, recreated or restarted.
 */
import type { HostRef } from "../../provider/model/host-ref.js";
import type { Engine } from "../../provider/engine/connection/connect.js";
import { sleep } from "../../provider/engine/connection/deadline.js";
import { findContainer } from "../../provider/engine/observe/inspect.js";
import { listContainers } from "../../provider/engine/observe/list.js";
import { K2Error, messageOf } from "../../provider/shared/errors.js";
import { label } from "../../provider/model/labels.js";
import type { ObservedContainer } from "../../provider/model/observed.js";
import { containerEvents } from "../containers/container-events.js";
import type { Context } from "../application/context.js";
import { logStartOf, type Exit } from "../containers/container-run.js";
import type { LiveService } from "../application/live-application.js";
import { EngineWaiter } from "../containers/await-engine.js";
import { engineTime } from "./container-log.js";
import { followLog, followRuns } from "./log-with-restarts.js";
import type { Newcomers } from "./newcomers.js";
import type { LogPrinter } from "./prefixes.js";
import type { LogOptions } from "./log-lines.js";

export interface Source {
  service: LiveService;
  container: ObservedContainer;
  /** Where its lines start, in seconds of the engine's clock; undefined: where the options say. */
  since?: (engine: Engine) => Promise<string | undefined>;
  /** Its lines are not printed. */
  isHidden?: boolean;
}

interface FollowerOptions {
  options: LogOptions;
  printer: LogPrinter;
  /** Undefined: only the given containers are followed. */
  newcomers?: Newcomers;
  /** For a command that ends with its containers. Undefined: exits are not awaited, and a failure ends the command. */
  exits?: {
    onExit(source: Source, exit: Exit): void;
    /** Continues with the other containers. */
    onFailure(error: unknown): void;
  };
}

/** Milliseconds in which a stopped container may restart, or be replaced by another. */
const restartTimeout = 5_000;

export class LogFollower {
  /** By ID; resolves when the log has ended, and never rejects. */
  private readonly running = new Map<string, Promise<void>>();
  /** IDs of current and earlier followed containers. */
  private readonly followed = new Set<string>();
  /** Started while they were followed, perhaps too late to be noticed by the previous follower. */
  private readonly doubtful = new Set<string>();
  /** By ID: the start of a container that joined. It may be both listed and reported by an event. */
  private readonly starts = new Map<string, string>();
  private readonly over = new AbortController();
  private readonly signal: AbortSignal;
  private readonly waiter: EngineWaiter;
  private wasStopped = false;
  private failure: { error: unknown } | undefined;

  constructor(
    private readonly context: Context,
    private readonly given: FollowerOptions,
  ) {
    this.signal = AbortSignal.any([context.signal, this.over.signal]);
    this.waiter = new EngineWaiter(this.signal, (text) => context.out.note(text));
  }

  /** Returns when all containers have ended and nothing replaces them. */
  async run(sources: Source[]): Promise<void> {
    if (sources.length === 0) return;
    for (const source of sources)
      // Two hosts may have the same engine.
      if (!this.running.has(source.container.id))
        this.begin(source.container.id, () => this.followSource(source));
    const { newcomers } = this.given;
    const listening = newcomers?.hosts.map((host) => this.listen(host, newcomers)) ?? [];
    try {
      await this.ended();
    } finally {
      this.over.abort();
      await Promise.all(listening);
    }
  }

  /** Stops following all containers. */
  end(): void {
    this.over.abort();
  }

  private begin(id: string, work: () => Promise<void>): void {
    this.wasStopped = false;
    this.followed.add(id);
    const ended = work()
      .catch((error: unknown) => {
        if (this.signal.aborted) return;
        if (this.given.exits) return this.given.exits.onFailure(error);
        this.failure = { error };
        this.over.abort();
      })
      .finally(() => this.running.delete(id));
    this.running.set(id, ended);
  }

  private async followSource(source: Source): Promise<void> {
    const { options, exits, printer } = this.given;
    const { container, service, since, isHidden = false } = source;
    const engine = await this.context.engine(service.host);
    const from = since ? { ...options, since: await since(engine) } : options;
    if (!exits) return this.printLog(engine, container.id, from);
    const onUnreadable = (error: unknown) => this.context.out.warn(messageOf(error));
    const following = { ...from, signal: this.signal, isHidden, onUnreadable };
    for await (const one of followRuns(engine, container.id, following))
      if ("text" in one) printer.print(container.id, one.text);
      else exits.onExit(source, one);
  }

  private async printLog(engine: Engine, id: string, options: LogOptions): Promise<void> {
    const lines = followLog(engine, id, { ...options, signal: this.signal }, this.waiter);
    for await (const { text } of lines) this.given.printer.print(id, text);
  }

  private async ended(): Promise<void> {
    for (;;) {
      while (this.running.size > 0) await Promise.race(this.running.values());
      if (this.failure) throw this.failure.error;
      if (!this.given.newcomers) return;
      // The engine reports a signal after sending it.
      await this.waitForNew(300);
      if (this.wasStopped) await this.waitForNew(restartTimeout);
      if (this.running.size === 0) return;
    }
  }

  private async waitForNew(milliseconds: number): Promise<void> {
    const latest = Date.now() + milliseconds;
    while (this.running.size === 0 && Date.now() < latest && !this.signal.aborted)
      await sleep(50, this.signal).catch(() => undefined);
  }

  /** If events cannot be received, only known containers are followed. */
  private async listen(host: HostRef, newcomers: Newcomers): Promise<void> {
    const { signal, waiter } = this;
    try {
      const engine = await this.context.engine(host);
      const since = await engineTime(engine, Date.now(), signal).catch(() => undefined);
      const takeRunning = () => this.lookAround(engine, newcomers);
      const options = { signal, waiter, since, onOpen: () => void takeRunning() };
      for await (const { Action, Actor } of containerEvents(engine, newcomers.project, options)) {
        if (Action === "kill" && this.followed.has(Actor.ID)) this.wasStopped = true;
        if (Action !== "start") continue;
        const known = this.running.get(Actor.ID);
        if (known) this.takeAfter(Actor.ID, known, takeRunning);
        else this.take(engine, newcomers, Actor.ID, Actor.Attributes);
      }
    } catch (error) {
      if (!signal.aborted) this.context.out.warn(messageOf(error));
    }
  }

  /** Containers that started before the engine began to send events. */
  private async lookAround(engine: Engine, newcomers: Newcomers): Promise<void> {
    const filters = { label: [`${label.project}=${newcomers.project}`] };
    try {
      const all = await listContainers(engine, { filters, signal: this.signal });
      for (const { id, labels } of all) if (!this.running.has(id)) this.take(engine, newcomers, id, labels);
    } catch (error) {
      // The event stream waits for an engine that is unreachable again.
      if (!this.signal.aborted && K2Error.is(error) && error.code === "engine")
        this.context.out.warn(messageOf(error));
    }
  }

  private takeAfter(id: string, known: Promise<void>, lookAround: () => Promise<void>): void {
    if (this.doubtful.has(id)) return;
    this.doubtful.add(id);
    void known.then(() => {
      this.doubtful.delete(id);
      return lookAround();
    });
  }

  private take(engine: Engine, newcomers: Newcomers, id: string, labels: Record<string, string>): void {
    const { [label.service]: service, [label.number]: number = "1", [label.oneoff]: oneoff } = labels;
    if (service === undefined || oneoff === "True" || this.signal.aborted) return;
    const host = newcomers.hostOf(service, Number(number), engine.host);
    if (host !== undefined) this.begin(id, () => this.followNew(engine, id, service, host));
  }

  private async followNew(engine: Engine, id: string, service: string, host: string): Promise<void> {
    const found = await findContainer(engine, id, this.signal);
    if (!found || this.starts.get(id) === found.State.StartedAt) return;
    this.starts.set(id, found.State.StartedAt);
    const { Name, Config, State } = found;
    this.given.printer.join(service, host, { id, name: Name.slice(1), labels: Config.Labels });
    const { tail: _, ...options } = this.given.options;
    try {
      await this.printLog(engine, id, { ...options, since: logStartOf(State) });
    } catch (error) {
      if (!(K2Error.is(error) && error.code === "not-found")) throw error;
    }
  }
}
