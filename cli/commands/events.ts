import { sleep } from "../../provider/engine/deadline.js";
import type { Engine } from "../../provider/engine/connect.js";
import { jsonLines } from "../../provider/engine/stream.js";
import { label } from "../../provider/model/labels.js";
import { instanceOf } from "../../provider/model/observed.js";
import { defineCommand } from "../command.js";
import type { Context } from "../context.js";
import { exitCodeOf } from "../exit-codes.js";
import type { LiveHost } from "../live.js";
import { moment } from "../logs/sources.js";
import { isLost, Returning } from "../returning.js";
import { select } from "../select.js";

interface Options {
  json?: boolean;
  since?: string;
  until?: string;
}

interface Event {
  Type: string;
  Action: string;
  time: number;
  timeNano: number;
  Actor: { ID: string; Attributes: Record<string, string> };
}

export default defineCommand<Options>({
  args: "[service...]",
  options: [
    { flags: "--json", does: "One JSON object a line" },
    { flags: "--since <time>", does: "Also what happened since then" },
    { flags: "--until <time>", does: "End there" },
  ],

  run: async (context, { args, options }) => {
    const { hosts, services, application } = await context.live();
    const names =
      args.length === 0 ? undefined : new Set(select(args, services).map(({ service }) => service));
    const alive = hosts.filter(({ error }) => !error);
    for (const { error } of hosts) if (error) context.out.error(error.message);
    // Two names of one engine would tell everything twice.
    const engines = new Map(alive.map((host) => [instanceOf(host.snapshot!), host]));
    await Promise.all(
      [...engines.values()].map((host) => follow(context, host, application.name, names, options)),
    );
    return context.signal.aborted
      ? exitCodeOf("cancelled")
      : alive.length < hosts.length
        ? exitCodeOf("unreachable")
        : 0;
  },
});

async function follow(
  context: Context,
  { host }: LiveHost,
  project: string,
  names: Set<string> | undefined,
  { json, since, until }: Options,
): Promise<void> {
  const engine = await context.engine(host);
  const filters = JSON.stringify({ type: ["container"], label: [`${label.project}=${project}`] });
  const query = { filters, since: moment(since), until: moment(until) };
  for await (const event of lasting(context, engine, query)) {
    const { [label.service]: service = "", [label.oneoff]: oneoff, ...rest } = event.Actor.Attributes;
    // Healthchecks are execs, several a second.
    const isExec = event.Action.startsWith("exec_");
    if (isExec || oneoff === "True" || (names && !names.has(service))) continue;
    const attributes = Object.fromEntries(
      Object.entries(rest).filter(([name]) => !name.startsWith("com.docker.compose.")),
    );
    const { Action: action, Actor, Type: type } = event;
    const time = new Date(event.timeNano / 1e6);
    if (json)
      context.out.line(
        JSON.stringify({
          action,
          attributes,
          host: host.name,
          id: Actor.ID,
          service,
          time: time.toISOString(),
          type,
        }),
      );
    else
      context.out.line(`${localTime(time)} ${host.name} ${type} ${action} ${service} (${words(attributes)})`);
  }
}

/** Goes on where it was when the engine is back. */
async function* lasting(
  { signal, out }: Context,
  engine: Engine,
  query: Record<string, string | undefined>,
): AsyncGenerator<Event> {
  const returning = new Returning(signal, (text) => out.note(text));
  for (let { since } = query; ;) {
    try {
      const stream = await engine.stream("GET", "/events", { query: { ...query, since }, signal });
      for await (const event of jsonLines<Event>(stream, engine.host, signal)) {
        // The moment after it, in microseconds: nanoseconds are more than numbers can hold.
        since = (event.timeNano / 1e9 + 1e-6).toFixed(6);
        yield event;
      }
      if (query.until !== undefined) return;
    } catch (error) {
      if (signal.aborted || !isLost(error)) throw error;
    }
    await returning.wait(engine);
    // An engine that ends its streams and still answers is about to stop.
    await sleep(500, signal);
  }
}

function words(attributes: Record<string, string>): string {
  return Object.entries(attributes)
    .map(([name, value]) => `${name}=${value}`)
    .join(", ");
}

function localTime(time: Date): string {
  const shifted = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return shifted.toISOString().replace("T", " ").replace("Z", "");
}
