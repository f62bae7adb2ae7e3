/**
 * Keeps a stream of statistics for each running container. The engine sends a line per second for each; only the last
 * line before a measurement is parsed.
 */
import type { Engine } from "../../provider/engine/connection/connect.js";
import { deadlineAfter, untilAborted } from "../../provider/engine/connection/deadline.js";
import { type ContainerStats, statsStream } from "../../provider/engine/observe/container-stats.js";
import { type Metrics, metricsFrom } from "../containers/metrics.js";
import { LastLine } from "./last-line.js";

interface Running {
  id: string;
  engine: Engine;
}

interface Watched {
  abort: AbortController;
  lines?: LastLine;
  /** Resolves when statistics have arrived, or cannot arrive any more. */
  ready: Promise<void>;
  /** Values of the last measurement. */
  seen?: { count: number; metrics: Metrics; cpu: ContainerStats["cpu_stats"] };
}

/** Milliseconds after which statistics are outdated; the engine measures once per second. */
const staleAfter = 10_000;

export class ContainerWatch {
  private readonly watched = new Map<string, Watched>();

  get size(): number {
    return this.watched.size;
  }

  /**
   * Opens streams of new containers and closes those of removed ones. Waits up to this many milliseconds for
   * statistics of new containers, which take the engine one or two seconds.
   */
  async set(running: Running[], milliseconds: number): Promise<void> {
    const ids = new Set(running.map(({ id }) => id));
    for (const [id, { abort }] of this.watched) {
      if (ids.has(id)) continue;
      abort.abort();
      this.watched.delete(id);
    }
    const begun = running.filter(({ id }) => !this.watched.has(id)).map((one) => this.begin(one));
    if (begun.length > 0) await within(milliseconds, Promise.all(begun.map(({ ready }) => ready)));
  }

  /** CPU usage since the last measurement, or in the last second before the first one. */
  latest(id: string): Metrics | undefined {
    const watched = this.watched.get(id);
    const { lines, seen } = watched ?? {};
    if (!watched || !lines?.text || performance.now() - lines.at > staleAfter) return undefined;
    if (seen?.count === lines.count) return seen.metrics;
    const stats = parsed(lines.text);
    if (!stats || !isComplete(stats, lines.count)) return undefined;
    const metrics = metricsFrom(
      seen && isAfter(stats, seen.cpu) ? { ...stats, precpu_stats: seen.cpu } : stats,
    );
    watched.seen = { count: lines.count, metrics, cpu: stats.cpu_stats };
    return metrics;
  }

  close(): void {
    for (const { abort } of this.watched.values()) abort.abort();
    this.watched.clear();
  }

  private begin({ id, engine }: Running): Watched {
    const abort = new AbortController();
    let isReady = (): void => undefined;
    const watched: Watched = { abort, ready: new Promise((resolve) => (isReady = resolve)) };
    this.watched.set(id, watched);
    // An unreachable host is reported as such; the next measurement reopens the stream.
    const forget = () => {
      isReady();
      if (this.watched.get(id) === watched) this.watched.delete(id);
    };
    statsStream(engine, id, abort.signal).then((stream) => {
      const lines = (watched.lines = new LastLine(stream, () => {
        if (lines.count > 1 || this.latest(id)) isReady();
      }));
      stream.on("error", forget).on("close", forget);
    }, forget);
    return watched;
  }
}

/** The first line of a stream has no previous values to compare with, on most engines. */
function isComplete({ precpu_stats }: ContainerStats, count: number): boolean {
  return count > 1 || Boolean(precpu_stats?.system_cpu_usage);
}

/** Counters start at 0 when a container restarts. */
function isAfter({ cpu_stats }: ContainerStats, before: ContainerStats["cpu_stats"]): boolean {
  return (
    cpu_stats.cpu_usage.total_usage >= before.cpu_usage.total_usage &&
    (cpu_stats.system_cpu_usage ?? 0) > (before.system_cpu_usage ?? 0)
  );
}

function parsed(text: string): ContainerStats | undefined {
  try {
    const stats = JSON.parse(text) as ContainerStats;
    return stats.cpu_stats?.cpu_usage ? stats : undefined;
  } catch {
    return undefined;
  }
}

async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  const limit = deadlineAfter(milliseconds);
  try {
    await untilAborted(limit.signal, work).catch(() => undefined);
  } finally {
    limit.clear();
  }
}
