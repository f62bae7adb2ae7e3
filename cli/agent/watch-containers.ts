/** One stream of statistics for each container that runs; the latest figures of each. */
import type { Engine } from "../../provider/engine/connect.js";
import { type Metrics, metricsOf } from "../metrics.js";

interface Watched {
  abort: AbortController;
  latest?: Metrics;
}

export class ContainerWatch {
  private readonly watched = new Map<string, Watched>();

  /** Begins with those that are new and ends with those that are gone. */
  set(running: { id: string; engine: Engine }[]): void {
    const ids = new Set(running.map(({ id }) => id));
    for (const [id, { abort }] of this.watched) {
      if (ids.has(id)) continue;
      abort.abort();
      this.watched.delete(id);
    }
    for (const { id, engine } of running) if (!this.watched.has(id)) this.begin(id, engine);
  }

  latest(id: string): Metrics | undefined {
    return this.watched.get(id)?.latest;
  }

  /** For a first report that is to have figures: they come after a second. */
  async settled(ids: string[], milliseconds: number): Promise<void> {
    const end = Date.now() + milliseconds;
    while (Date.now() < end && ids.some((id) => this.watched.has(id) && !this.latest(id)))
      await new Promise((resolve) => setTimeout(resolve, 50));
  }

  close(): void {
    this.set([]);
  }

  private begin(id: string, engine: Engine): void {
    const watched: Watched = { abort: new AbortController() };
    this.watched.set(id, watched);
    const follow = async () => {
      for await (const metrics of metricsOf(engine, id, watched.abort.signal)) watched.latest = metrics;
    };
    const forget = () => {
      if (this.watched.get(id) === watched) this.watched.delete(id);
    };
    // A host that is away is reported as such; the next look begins again.
    follow().then(forget, forget);
  }
}
