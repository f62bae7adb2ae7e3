/** Follows logs, also of what begins meanwhile: a service that is scaled, made anew, or started again. */
import type { HostRef } from "../../provider/engine/connection/host-address.js";
import type { Engine } from "../../provider/engine/connection/connect.js";
import { sleep } from "../../provider/engine/connection/deadline.js";
import { K2Error, messageOf } from "../../provider/shared/errors.js";
import { label } from "../../provider/model/labels.js";
import { containerEvents } from "../containers/container-events.js";
import type { Context } from "../application/context.js";
import { beginningOf, type Times } from "../containers/container-run.js";
import { Returning } from "../containers/await-engine.js";
import { byItsClock } from "./container-log.js";
import { lastingLogLines } from "./log-with-restarts.js";
import type { LogOptions } from "./log-lines.js";

export interface Newcomers {
  project: string;
  /** One host for each engine. */
  hosts: HostRef[];
  /** The name of the host that the service's container is said to be on; undefined if it is not to be followed. */
  hostOf(service: string, number: number, engine: HostRef): string | undefined;
}

interface Beginner {
  id: string;
  name: string;
  labels: Record<string, string>;
}

interface Wish {
  options: LogOptions;
  newcomers: Newcomers;
  print(id: string, text: string): void;
  /** Called before the first line of a container that was not there. */
  onNew(service: string, host: string, container: Beginner): void;
}

interface Inspected {
  Name: string;
  State: Times;
  Config: { Labels: Record<string, string> };
}

/** Milliseconds in which what was stopped may come back, or another in its place. */
const patience = 5_000;

export class LogFollower {
  /** By id: settles when the log has ended, never rejects. */
  private readonly running = new Map<string, Promise<void>>();
  /** Ids of those, and of those that were. */
  private readonly followed = new Set<string>();
  /** Were started while they were followed: perhaps too late to be noticed there. */
  private readonly doubtful = new Set<string>();
  /** By id: the start of what joined in. It may be both listed and told of. */
  private readonly lives = new Map<string, string>();
  private readonly over = new AbortController();
  private readonly signal: AbortSignal;
  private readonly returning: Returning;
  private wasStopped = false;
  private failure: Error | undefined;

  constructor(
    private readonly context: Context,
    private readonly wish: Wish,
  ) {
    this.signal = AbortSignal.any([context.signal, this.over.signal]);
    this.returning = new Returning(this.signal, (text) => context.out.note(text));
  }

  /** Returns when all logs have ended and nothing takes the place of what was stopped. */
  async run(sources: { host: HostRef; id: string }[]): Promise<void> {
    if (sources.length === 0) return;
    const { options, newcomers } = this.wish;
    for (const { host, id } of sources)
      // Two hosts may be one engine.
      if (!this.running.has(id))
        this.begin(id, async () => this.follow(await this.context.engine(host), id, options));
    const hosts = options.until === undefined ? newcomers.hosts : [];
    const listening = hosts.map((host) => this.listen(host));
    try {
      await this.ended();
    } finally {
      this.over.abort();
      await Promise.all(listening);
    }
  }

  /** Nobody waits for more. */
  end(): void {
    this.over.abort();
  }

  private begin(id: string, work: () => Promise<void>): void {
    this.wasStopped = false;
    this.followed.add(id);
    const ended = work()
      .catch((error: unknown) => {
        if (this.signal.aborted) return;
        this.failure = error as Error;
        this.over.abort();
      })
      .finally(() => this.running.delete(id));
    this.running.set(id, ended);
  }

  private async follow(engine: Engine, id: string, options: LogOptions): Promise<void> {
    const lines = lastingLogLines(engine, id, { ...options, signal: this.signal }, this.returning);
    for await (const { text } of lines) this.wish.print(id, text);
  }

  private async ended(): Promise<void> {
    for (;;) {
      while (this.running.size > 0) await Promise.race(this.running.values());
      if (this.failure !== undefined) throw this.failure;
      // The engine tells of a signal when it has been sent.
      await this.waitForNew(300);
      if (this.wasStopped) await this.waitForNew(patience);
      if (this.running.size === 0) return;
    }
  }

  private async waitForNew(milliseconds: number): Promise<void> {
    const latest = Date.now() + milliseconds;
    while (this.running.size === 0 && Date.now() < latest && !this.signal.aborted)
      await sleep(50, this.signal).catch(() => undefined);
  }

  /** What cannot be listened to is followed as far as it is known. */
  private async listen(host: HostRef): Promise<void> {
    const { signal, returning } = this;
    try {
      const engine = await this.context.engine(host);
      const since = await byItsClock(engine, Date.now(), signal).catch(() => undefined);
      const onOpen = () => void this.lookAround(engine);
      const options = { signal, returning, since, onOpen };
      for await (const { Action, Actor } of containerEvents(engine, this.wish.newcomers.project, options)) {
        if (Action === "kill" && this.followed.has(Actor.ID)) this.wasStopped = true;
        if (Action !== "start") continue;
        const known = this.running.get(Actor.ID);
        if (known) this.lookAgain(engine, Actor.ID, known);
        else this.take(engine, Actor.ID, Actor.Attributes);
      }
    } catch (error) {
      if (!signal.aborted) this.context.out.warn(messageOf(error));
    }
  }

  /** What was started before the engine began to tell. */
  private async lookAround(engine: Engine): Promise<void> {
    const filters = JSON.stringify({ label: [`${label.project}=${this.wish.newcomers.project}`] });
    try {
      const all = await engine.get<{ Id: string; Labels: Record<string, string> }[]>("/containers/json", {
        ...{ query: { filters }, signal: this.signal },
      });
      for (const { Id, Labels } of all) if (!this.running.has(Id)) this.take(engine, Id, Labels);
    } catch (error) {
      // An engine that goes away again is waited for by those who listen.
      if (!this.signal.aborted && K2Error.is(error) && error.code === "engine")
        this.context.out.warn(messageOf(error));
    }
  }

  private lookAgain(engine: Engine, id: string, known: Promise<void>): void {
    if (this.doubtful.has(id)) return;
    this.doubtful.add(id);
    void known.then(() => {
      this.doubtful.delete(id);
      return this.lookAround(engine);
    });
  }

  private take(engine: Engine, id: string, labels: Record<string, string>): void {
    const { [label.service]: service, [label.number]: number = "1", [label.oneoff]: oneoff } = labels;
    if (service === undefined || oneoff === "True" || this.signal.aborted) return;
    const host = this.wish.newcomers.hostOf(service, Number(number), engine.host);
    if (host !== undefined) this.begin(id, () => this.followNew(engine, id, service, host));
  }

  private async followNew(engine: Engine, id: string, service: string, host: string): Promise<void> {
    const call = { ok: [404], signal: this.signal };
    const found = await engine.get<Inspected | undefined>(`/containers/${id}/json`, call);
    if (!found || this.lives.get(id) === found.State.StartedAt) return;
    this.lives.set(id, found.State.StartedAt);
    this.wish.onNew(service, host, { id, name: found.Name.slice(1), labels: found.Config.Labels });
    const { tail: _, ...options } = this.wish.options;
    try {
      await this.follow(engine, id, { ...options, since: beginningOf(found.State) });
    } catch (error) {
      if (!(K2Error.is(error) && error.code === "not-found")) throw error;
    }
  }
}
