/** The application as it is by now: what is deployed, scaled or moved while the agent runs is seen without a restart. */
import { messageOf } from "../../provider/shared/errors.js";
import type { Application } from "../application/application.js";
import { Context } from "../application/context.js";
import type { Clock } from "./loop.js";

/** Milliseconds between two readings of file and state. Containers themselves are looked at each time. */
const every = 60_000;

export class PresentApplication {
  private read: number;
  private reading: Promise<void> | undefined;
  private failure = "";

  private constructor(
    private readonly context: Context,
    private readonly clock: Clock,
    private application: Application,
    private readonly onChange: (application: Application) => void,
  ) {
    this.read = clock.elapsed();
  }

  static async of(
    context: Context,
    clock: Clock,
    onChange: (application: Application) => void,
  ): Promise<PresentApplication> {
    return new PresentApplication(context, clock, await context.application(), onChange);
  }

  /** The one that is known; a newer one is read beside the look, and serves the next. */
  current(): Application {
    if (!this.reading && this.clock.elapsed() - this.read >= every && this.canBeRead)
      this.reading = this.readAgain().finally(() => (this.reading = undefined));
    return this.application;
  }

  /** Settles when nothing is being read. */
  async idle(): Promise<void> {
    await this.reading;
  }

  /** What came by standard input came once. */
  private get canBeRead(): boolean {
    return !this.context.options.file?.includes("-");
  }

  private async readAgain(): Promise<void> {
    const { world, options, interrupts, out } = this.context;
    try {
      const next = await new Context(world, options, interrupts).application();
      const changed = outline(next) !== outline(this.application);
      this.application = next;
      this.failure = "";
      if (changed) this.onChange(next);
    } catch (error) {
      // A file that is half written, a state that cannot be reached: what was there goes on.
      const failure = messageOf(error);
      if (failure !== this.failure) out.error(`going on with what was there before: ${failure}`);
      this.failure = failure;
    }
    this.read = this.clock.elapsed();
  }
}

function outline({ name, hosts, members }: Application): string {
  return JSON.stringify([
    name,
    hosts.map(({ name: host, address }) => [host, address]),
    members.map(({ service, host, replicas }) => [service, host.name, replicas]),
  ]);
}
