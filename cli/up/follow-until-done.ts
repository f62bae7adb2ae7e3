/** `up --attach`: follows the logs of the deployment until the containers end or the user detaches. */
import { K2Error, messageOf } from "../../provider/shared/errors.js";
import { forEachService, eachContainer } from "../application/for-each-service.js";
import type { Context } from "../application/context.js";
import { exitCodeOf } from "../terminal/exit-codes.js";
import { onceUnread } from "../terminal/process-io.js";
import { listenForKeys } from "../terminal/keys.js";
import { stopService } from "../application/start-stop.js";
import { type LiveService, noteDrift } from "../application/live-application.js";
import { LogFollower, type Source } from "../logs/log-follower.js";
import { LogPrinter } from "../logs/prefixes.js";
import type { Exit } from "../containers/container-run.js";

interface Attachment {
  /** Containers that Ctrl-C stops. */
  services: LiveService[];
  /** Containers that are followed to their end. */
  sources: Source[];
  /** Which exit of a container stops all of them. */
  abortOn?: "exit" | "failure" | undefined;
  /** A service: the exit code is that of its first container that exits. */
  exitCodeFrom?: string | undefined;
  timestamps: boolean;
  prefix: boolean;
  /** Timeout for stopping in seconds. */
  timeout?: number | undefined;
}

/** Returns 130 after Ctrl-C, the exit code of a container if an option selects it, otherwise 0. */
export async function attach(context: Context, attachment: Attachment): Promise<number> {
  const shown = attachment.sources.filter(({ isHidden }) => !isHidden);
  context.out.note(`Attaching to ${shown.map(({ container }) => container.name).join(", ") || "nothing"}`);
  return new AttachSession(context, attachment).run();
}

class AttachSession {
  private readonly follower: LogFollower;
  private code: number | undefined;
  private stopping: Promise<unknown> | undefined;

  constructor(
    private readonly context: Context,
    private readonly attachment: Attachment,
  ) {
    const { services, timestamps, prefix } = attachment;
    this.follower = new LogFollower(context, {
      options: { timestamps },
      printer: new LogPrinter(context.out, services, prefix),
      exits: {
        onExit: (source, exit) => this.onExit(source, exit),
        onFailure: (error) => this.onFailure(error),
      },
    });
  }

  async run(): Promise<number> {
    const { interrupts, world, out } = this.context;
    interrupts.handle((count) => this.onInterrupt(count));
    const leave = listenForKeys(world, { d: () => this.follower.end() });
    const { abortOn, exitCodeFrom } = this.attachment;
    // Without a reader, following serves only to see how the containers exit.
    if (!abortOn && exitCodeFrom === undefined) onceUnread(world, () => this.follower.end());
    if (leave) out.note("Ctrl-C stops these services; d detaches and leaves them running.");
    try {
      await this.follower.run(this.attachment.sources);
      await this.stopping;
    } finally {
      leave?.();
    }
    if (this.stopping) await noteDrift(this.context, "starts them again");
    return this.code ?? 0;
  }

  private onFailure(error: unknown): void {
    this.context.out.error(messageOf(error));
    this.code ??= K2Error.is(error) ? exitCodeOf(error.code) : 1;
  }

  private onExit({ service, container, isHidden }: Source, { code, again }: Exit): void {
    const { abortOn, exitCodeFrom } = this.attachment;
    if (!isHidden)
      this.context.out.note(`${container.name} exited with code ${code}${again ? " (restarting)" : ""}`);
    if (exitCodeFrom === service.service) this.code ??= code;
    if (this.stopping || !abortOn || (abortOn === "failure" && code === 0)) return;
    this.context.out.note("Aborting on container exit...");
    if (exitCodeFrom === undefined) this.code ??= code;
    this.stop();
  }

  private stop(): void {
    const { services, timeout } = this.attachment;
    this.stopping = forEachService(this.context, services, {
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
      this.attachment.services.map(async (service) => {
        const engine = await this.context.engine(service.host);
        await eachContainer(service, ({ id }) => engine.post(`/containers/${id}/kill`, { ok: [404, 409] }));
      }),
    );
  }
}
