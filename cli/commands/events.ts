import { label } from "../../provider/model/labels.js";
import type { HostRef } from "../../provider/model/host-ref.js";
import { instanceOf } from "../../provider/model/observed.js";
import { defineCommand } from "../command.js";
import { containerEvents } from "../containers/container-events.js";
import type { Context } from "../application/context.js";
import { exitCodeOf } from "../terminal/exit-codes.js";
import { moment } from "../arguments/time-argument.js";
import { EngineWaiter } from "../containers/await-engine.js";
import { select } from "../arguments/select.js";

interface Options {
  json?: boolean;
  since?: string;
  until?: string;
}

export default defineCommand<Options>({
  args: "[service...]",
  options: [
    { flags: "--json", does: "Output events as a stream of JSON objects" },
    {
      flags: "--since <time>",
      does: "Show all events created since timestamp (2026-01-02T03:04:05Z) or relative (10m for ten minutes ago)",
    },
    { flags: "--until <time>", does: "Stream events until this timestamp" },
  ],

  whenUnread: 0,
  run: async (context, { args, options }) => {
    const span = { since: moment(options.since), until: moment(options.until) };
    const { hosts, services, application } = await context.live();
    const names =
      args.length === 0 ? undefined : new Set(select(args, services).map(({ service }) => service));
    const alive = hosts.flatMap(({ host, snapshot }) => (snapshot ? { host, snapshot } : []));
    for (const { error } of hosts) if (error) context.out.error(error.message);
    // If two hosts have the same engine, its events are printed once.
    const engines = new Map(alive.map(({ host, snapshot }) => [instanceOf(snapshot), host]));
    await Promise.all(
      [...engines.values()].map((host) =>
        follow(context, host, application.name, names, { ...options, ...span }),
      ),
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
  host: HostRef,
  project: string,
  names: Set<string> | undefined,
  { json, since, until }: Options,
): Promise<void> {
  const engine = await context.engine(host);
  const { signal, out } = context;
  const waiter = new EngineWaiter(signal, (text) => out.note(text));
  for await (const event of containerEvents(engine, project, { since, until, signal, waiter })) {
    const { [label.service]: service = "", [label.oneoff]: oneoff, ...rest } = event.Actor.Attributes;
    // Healthchecks are execs, and would add several events per second.
    const isExec = event.Action.startsWith("exec_");
    if (isExec || oneoff === "True" || (names && !names.has(service))) continue;
    const attributes = Object.fromEntries(
      Object.entries(rest).filter(([name]) => !name.startsWith("com.docker.compose.")),
    );
    const { Action: action, Actor, Type: type } = event;
    const time = new Date(event.timeNano / 1e6);
    if (json)
      context.out.jsonLine({
        ...{ action, attributes, host: host.name, id: Actor.ID, service },
        ...{ time: time.toISOString(), type },
      });
    else
      context.out.line(`${localTime(time)} ${host.name} ${type} ${action} ${service} (${words(attributes)})`);
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
