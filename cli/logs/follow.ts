/** The logs of many containers on many hosts, line by line, each with its name in front. */
import type { ObservedContainer } from "../../provider/model/observed.js";
import { colourOf, type Paint } from "../colour.js";
import type { Context } from "../context.js";
import type { LiveService } from "../live.js";
import { Returning } from "../returning.js";
import { lastingLogLines } from "./lasting.js";
import { type LogOptions, logLines } from "./sources.js";

export interface FollowOptions extends LogOptions {
  prefix: boolean;
  /** Called when a container's log has ended. */
  onEnd?: (container: ObservedContainer) => void;
}

/** Returns when all logs have ended. Without `follow` the lines come in the order in which they were written. */
export async function followLogs(
  context: Context,
  services: LiveService[],
  options: FollowOptions,
): Promise<void> {
  const sources = services.flatMap((service) =>
    service.containers.map((container) => ({ service, container })),
  );
  const named = prefixer(services, context.out.paint);
  const prefix = (id: string) => (options.prefix ? named(id) : "");
  if (!options.follow && sources.length > 1) return sorted(context, sources, options, prefix);
  const { signal } = context;
  const returning = new Returning(signal, (text) => context.out.note(text));
  await Promise.all(
    sources.map(async ({ service, container }) => {
      const engine = await context.engine(service.host);
      const found = options.follow
        ? lastingLogLines(engine, container.id, { ...options, signal }, returning)
        : logLines(engine, container.id, options);
      for await (const { text } of found) context.out.line(prefix(container.id) + text);
      options.onEnd?.(container);
    }),
  );
}

interface Source {
  service: LiveService;
  container: ObservedContainer;
}

async function sorted(
  context: Context,
  sources: Source[],
  options: FollowOptions,
  prefix: (id: string) => string,
): Promise<void> {
  const all = await Promise.all(
    sources.map(async ({ service, container }) => {
      const engine = await context.engine(service.host);
      const found: { time: string; line: string }[] = [];
      for await (const { text } of logLines(engine, container.id, { ...options, timestamps: true })) {
        const space = text.indexOf(" ");
        const [time, rest] = space < 0 ? [text, ""] : [text.slice(0, space), text.slice(space + 1)];
        found.push({
          time: comparable(time),
          line: prefix(container.id) + (options.timestamps ? text : rest),
        });
      }
      return found;
    }),
  );
  const lines = all.flat().sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  for (const { line } of lines) context.out.line(line);
}

/** Engines cut zeros off the fraction. */
function comparable(time: string): string {
  const [whole = "", fraction = ""] = time.replace(/Z$/, "").split(".");
  return `${whole}.${fraction.padEnd(9, "0")}`;
}

/** By a container's id: "web_1  | ", all of one width. */
export function prefixer(services: LiveService[], paint: Paint): (id: string) => string {
  const names = prefixes(services);
  const width = Math.max(0, ...[...names.values()].map((name) => name.length));
  return (id) => {
    const name = names.get(id)!;
    return `${paint(colourOf(name), `${name.padEnd(width)}  |`)} `;
  };
}

/** "web_1", and "web_1@b" where containers of several hosts have the name. */
export function prefixes(services: LiveService[]): Map<string, string> {
  const named = services.flatMap(({ service, host, containers }) =>
    containers.map(({ id, labels }) => ({
      id,
      host: host.name,
      name: `${service}_${labels["com.docker.compose.container-number"] ?? 1}`,
    })),
  );
  const hosts = new Set(
    services.filter(({ containers }) => containers.length > 0).map(({ host }) => host.name),
  );
  return new Map(named.map(({ id, host, name }) => [id, hosts.size > 1 ? `${name}@${host}` : name]));
}
