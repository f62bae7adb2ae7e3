/** What follows `up --attach`: the logs of what was deployed, until it has ended or somebody has had enough. */
import type { Engine } from "../../provider/engine/connection/connect.js";
import { K2Error, messageOf } from "../../provider/shared/errors.js";
import type { ObservedContainer } from "../../provider/model/observed.js";
import { act, eachContainer } from "../application/for-each-service.js";
import type { Context } from "../application/context.js";
import { exitCodeOf } from "../terminal/exit-codes.js";
import { listenForKeys } from "../terminal/keys.js";
import { stopService } from "../application/start-stop.js";
import { type LiveService, noteDrift } from "../application/live-application.js";
import { byItsClock, ContainerLog } from "../logs/container-log.js";
import { LogPrefixes } from "../logs/prefixes.js";
import type { LogLine } from "../logs/log-lines.js";
import { type Life, nextLife } from "../containers/container-run.js";

interface Attachment {
  /** That which is followed to its end. */
  services: LiveService[];
  /** Whose lines are shown. */
  isShown(service: LiveService): boolean;
  /** Where a container's log begins; undefined: it had ended before, and is not looked at. */
  begin(service: LiveService, container: ObservedContainer): Beginning | undefined;
  /** When the deployment began: ms of the epoch, by this machine's clock. */
  deployedAt: number;
  /** Which end of a container ends all of them. */
  abortOn?: "exit" | "failure" | undefined;
  /** A service: the exit code is that of its first container that ends. */
  exitCodeFrom?: string | undefined;
  timestamps: boolean;
  prefix: boolean;
  /** Seconds; of stopping. */
  timeout?: number | undefined;
}

/** All of its log, what it wrote since it was started, or since the deployment began: it may have ended meanwhile. */
export type Beginning = "all" | "started" | "deployed";

interface Followed {
  service: LiveService;
  container: ObservedContainer;
  begin: Beginning;
}

/** Returns the exit code: 130 after Ctrl-C, that of a container where one was asked for, else 0. */
export async function attach(context: Context, attachment: Attachment): Promise<number> {
  const { services, begin, isShown } = attachment;
  const followed = services.flatMap((service) =>
    service.containers.flatMap((container): Followed[] => {
      const from = begin(service, container);
      return from === undefined ? [] : [{ service, container, begin: from }];
    }),
  );
  const shown = followed.filter(({ service }) => isShown(service));
  context.out.note(`Attaching to ${shown.map(({ container }) => container.name).join(", ") || "nothing"}`);
  const session = new Session(context, attachment, followed);
  return session.run();
}

class Session {
  private readonly detached = new AbortController();
  private readonly prefix: (id: string) => string;
  private code: number | undefined;
  private stopping: Promise<unknown> | undefined;

  constructor(
    private readonly context: Context,
    private readonly wish: Attachment,
    private readonly followed: Followed[],
  ) {
    const prefixes = new LogPrefixes(wish.services, context.out.paint);
    this.prefix = (id) => (wish.prefix ? prefixes.of(id) : "");
  }

  async run(): Promise<number> {
    const { interrupts, world, out } = this.context;
    interrupts.handle((count) => this.onInterrupt(count));
    const leave = listenForKeys(world, { d: () => this.detached.abort() });
    if (leave) out.note("Ctrl-C stops these services; d leaves them running.");
    try {
      await Promise.all(this.followed.map((one) => this.follow(one)));
      await this.stopping;
    } finally {
      leave?.();
    }
    if (this.stopping) await noteDrift(this.context, "starts them again");
    return this.code ?? 0;
  }

  /** A host that goes away does not end the others. */
  private async follow(one: Followed): Promise<void> {
    try {
      await this.followLives(one);
    } catch (error) {
      if (this.detached.signal.aborted) return;
      this.context.out.error(messageOf(error));
      this.code ??= K2Error.is(error) ? exitCodeOf(error.code) : 1;
    }
  }

  /** From one end of a container to the next, for as long as its engine starts it again. */
  private async followLives({ service, container, begin }: Followed): Promise<void> {
    const engine = await this.context.engine(service.host);
    const { signal } = this.detached;
    let log: ContainerLog | undefined;
    while (!signal.aborted) {
      const life = await nextLife(engine, container.id, signal);
      if (life === undefined) return;
      log ??= await this.logFrom(begin, engine, container, life);
      await this.print(service, container, log.read({ follow: true, signal }));
      const end = await life.end;
      if (end === undefined) return;
      await this.print(service, container, log.read({ follow: false, signal }));
      this.onEnd(service, container, end.code, end.again);
      if (!end.again) return;
    }
  }

  private async logFrom(
    begin: Beginning,
    engine: Engine,
    { id }: ObservedContainer,
    { since }: Life,
  ): Promise<ContainerLog> {
    const { timestamps, deployedAt } = this.wish;
    const from = {
      all: () => undefined,
      started: () => since,
      deployed: () => byItsClock(engine, deployedAt, this.detached.signal),
    };
    return new ContainerLog(engine, id, { timestamps, since: await from[begin]() });
  }

  private async print(
    service: LiveService,
    { id }: ObservedContainer,
    lines: AsyncIterable<LogLine>,
  ): Promise<void> {
    if (!this.wish.isShown(service)) return;
    try {
      for await (const { text } of lines) this.context.out.line(this.prefix(id) + text);
    } catch (error) {
      // A logging driver that cannot be read: its end is waited for all the same.
      if (!this.detached.signal.aborted) this.context.out.warn(messageOf(error));
    }
  }

  private onEnd(service: LiveService, { name }: ObservedContainer, code: number, again: boolean): void {
    const { abortOn, exitCodeFrom, isShown } = this.wish;
    if (isShown(service))
      this.context.out.note(`${name} exited with code ${code}${again ? " (restarting)" : ""}`);
    if (exitCodeFrom === service.service) this.code ??= code;
    if (this.stopping || !abortOn || (abortOn === "failure" && code === 0)) return;
    this.context.out.note("Aborting on container exit...");
    if (exitCodeFrom === undefined) this.code ??= code;
    this.stop();
  }

  private stop(): void {
    const { services, timeout } = this.wish;
    this.stopping = act(this.context, services, {
      doing: "Stopping",
      order: "stop",
      run: async (service, engine) => void (await stopService(service, engine, { timeout })),
    });
  }

  private onInterrupt(count: number): void {
    if (this.stopping === undefined) {
      this.context.out.note("Gracefully stopping... press Ctrl-C again to force");
      this.code = exitCodeOf("cancelled");
      this.stop();
    } else if (count > 3) process.exit(exitCodeOf("cancelled"));
    else void this.kill();
  }

  private async kill(): Promise<void> {
    this.context.out.note("Killing.");
    await Promise.allSettled(
      this.wish.services.map(async (service) => {
        const engine = await this.context.engine(service.host);
        await eachContainer(service, ({ id }) => engine.post(`/containers/${id}/kill`, { ok: [404, 409] }));
      }),
    );
  }
}
