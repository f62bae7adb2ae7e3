/**
 * Keeps the application up to date while the agent runs, so that deployments, scaling and moves are measured without
 * a restart.
 */
import { messageOf } from "../../provider/shared/errors.js";
import { withKnownChecks } from "../application/secret-values.js";
import type { Application } from "../application/application.js";
import type { Context } from "../application/context.js";
import type { Clock } from "./loop.js";

/** Milliseconds between two readings of file and state. Containers are read at each measurement. */
const every = 60_000;

export class CurrentApplication {
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
  ): Promise<CurrentApplication> {
    return new CurrentApplication(context, clock, await read(context), onChange);
  }

  /** Returns the known application, and starts reading a newer one for the next measurement. */
  current(): Application {
    if (!this.reading && this.clock.elapsed() - this.read >= every && this.canBeRead)
      this.reading = this.readAgain().finally(() => (this.reading = undefined));
    return this.application;
  }

  /** Resolves when no reading is in progress. */
  async idle(): Promise<void> {
    await this.reading;
  }

  /** A file from standard input can be read only once. */
  private get canBeRead(): boolean {
    return !this.context.options.file?.includes("-");
  }

  private async readAgain(): Promise<void> {
    const { out } = this.context;
    try {
      const next = await this.context.withFresh(read);
      const changed = outline(next) !== outline(this.application);
      this.application = next;
      this.failure = "";
      if (changed) this.onChange(next);
    } catch (error) {
      // A file may be half written or a state unreachable: keep the previous application.
      const failure = messageOf(error);
      if (failure !== this.failure) out.error(`keeping the previous application: ${failure}`);
      this.failure = failure;
    }
    this.read = this.clock.elapsed();
  }
}

async function read(context: Context): Promise<Application> {
  const application = await context.application();
  return { ...application, members: await withKnownChecks(context, application.members) };
}

function outline({ name, hosts, members }: Application): string {
  return JSON.stringify([
    name,
    hosts.map(({ name: host, address }) => [host, address]),
    members.map(({ service, host, replicas }) => [service, host.name, replicas]),
  ]);
}
