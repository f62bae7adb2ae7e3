/** Prints the logs of many containers on many hosts, each line with a prefix. */
import type { Context } from "../application/context.js";
import type { LiveService } from "../application/live-application.js";
import { LogFollower, type Source } from "./log-follower.js";
import type { Newcomers } from "./newcomers.js";
import { LogPrinter } from "./prefixes.js";
import { inTime, type LogOptions, logLines } from "./log-lines.js";

interface FollowOptions extends LogOptions {
  prefix: boolean;
  /** With `follow`: which containers that start in the meantime are followed as well. */
  newcomers: Newcomers;
}

/** Returns when all logs have ended. Without `follow`, lines are sorted by time. */
export async function followLogs(
  context: Context,
  services: LiveService[],
  { prefix, newcomers, ...options }: FollowOptions,
): Promise<void> {
  const sources = services.flatMap((service) =>
    service.containers.map((container) => ({ service, container })),
  );
  const printer = new LogPrinter(context.out, services, prefix);
  const until = Number(options.until ?? Infinity) * 1000;
  if (!options.follow || until <= Date.now())
    return sorted(context, sources, { ...options, follow: false }, printer);
  const isOpen = options.until === undefined;
  const follower = new LogFollower(context, { options, printer, ...(isOpen && { newcomers }) });
  // An engine ends a log with `until` only at the next line, which a silent container never writes.
  const timer = until < Infinity ? setTimeout(() => follower.end(), until - Date.now()) : undefined;
  try {
    await follower.run(sources);
  } finally {
    clearTimeout(timer);
  }
}

async function sorted(
  context: Context,
  sources: Source[],
  options: LogOptions,
  printer: LogPrinter,
): Promise<void> {
  const [only] = sources;
  // Lines are kept only for sorting.
  if (only && sources.length === 1) {
    const engine = await context.engine(only.service.host);
    for await (const { text } of logLines(engine, only.container.id, options))
      printer.print(only.container.id, text);
    return;
  }
  const all = await Promise.all(
    sources.map(async ({ service, container }) => {
      const engine = await context.engine(service.host);
      const found: { time: string; line: string }[] = [];
      for await (const { text, time = "" } of logLines(engine, container.id, options))
        found.push({ time, line: printer.line(container.id, text) });
      return found;
    }),
  );
  const lines = all.flat().sort((a, b) => inTime(a.time, b.time));
  for (const { line } of lines) context.out.write(`${line}\n`);
}
