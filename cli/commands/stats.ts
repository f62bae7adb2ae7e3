import stringWidth from "string-width";
import { shortId } from "../../provider/model/images/digest.js";
import type { Engine } from "../../provider/engine/connection/connect.js";
import type { ObservedContainer } from "../../provider/model/observed.js";
import { defineCommand } from "../command.js";
import type { Context } from "../application/context.js";
import { exitCodeOf } from "../terminal/exit-codes.js";
import { printAs } from "../terminal/format.js";
import { formatOption } from "../arguments/option.js";
import type { LiveService } from "../application/live-application.js";
import { binarySize, decimalSize, type Metrics, metricsOf, metricsOnce } from "../containers/metrics.js";
import { nextRun } from "../containers/container-run.js";
import { openRedraw, redrawable } from "../terminal/redraw.js";
import { isConnectionLost, EngineWaiter } from "../containers/await-engine.js";
import { list } from "../terminal/table.js";
import { onReachableHosts, targets } from "../application/targets.js";

interface Options {
  all?: boolean;
  stream: boolean;
  trunc: boolean;
  format: string;
}

interface Source {
  service: LiveService;
  container: ObservedContainer;
}

export default defineCommand<Options>({
  args: "[service...]",
  options: [
    { flags: "-a, --all", does: "Show all containers (default shows just running)" },
    { flags: "--no-stream", does: "Disable streaming stats and only pull the first result" },
    { flags: "--no-trunc", does: "Do not truncate output" },
    formatOption("one container per line"),
  ],
  details:
    "In a narrow terminal, columns are left out in this order: block I/O, net I/O, processes, share of memory.\n" +
    "`--format json` prints all of them.",

  whenUnread: 0,
  run: async (context, { args, options: { all: isAll = false, stream, trunc, format } }) => {
    const { services, dead } = onReachableHosts(context, await targets(context, args, { shows: true }));
    const sources = services
      .flatMap((service) => service.containers.map((container) => ({ service, container })))
      .filter((source) => isAll || runs(source));
    const table = (rows: Row[]) => tableOf(rows, trunc ? context.out.width : undefined);
    const redraw =
      stream &&
      format === "table" &&
      (await openRedraw(redrawable(context.world.stdout, context.env), { wrap: true }));
    if (redraw) return follow(context, sources, (rows) => redraw.draw([table(rows)])).finally(redraw.end);
    const figures = await Promise.all(
      sources.map(async (source) =>
        runs(source)
          ? metricsOnce(await context.engine(source.service.host), source.container.id, context.signal)
          : undefined,
      ),
    );
    const rows = sources.map((source, at) => rowOf(source, figures[at], trunc));
    await printAs(context.out, format, {
      ...{ rows, heads },
      json: () => rows.forEach((row) => context.out.jsonLine(row)),
      table: () => table(rows),
    });
    return dead ? exitCodeOf("unreachable") : 0;
  },
});

/** Redraws every second until Ctrl-C. */
async function follow(context: Context, sources: Source[], show: (rows: Row[]) => void): Promise<number> {
  const latest = new Map<string, Metrics>();
  const waiter = new EngineWaiter(context.signal);
  const draw = () => show(sources.map((source) => rowOf(source, latest.get(source.container.id))));
  const timer = setInterval(draw, 1_000);
  try {
    draw();
    await Promise.all(
      sources.filter(runs).map(async ({ service, container: { id } }) => {
        const engine = await context.engine(service.host);
        const metrics = metricsAcrossRestarts(engine, id, context.signal, waiter, () => latest.delete(id));
        for await (const figures of metrics) latest.set(id, figures);
        latest.delete(id);
      }),
    );
    draw();
    return 0;
  } finally {
    clearInterval(timer);
  }
}

/** Continues after a restart of the container or its engine. Ends when the container no longer runs. */
async function* metricsAcrossRestarts(
  engine: Engine,
  id: string,
  signal: AbortSignal,
  waiter: EngineWaiter,
  onLost: () => void,
): AsyncGenerator<Metrics> {
  for (;;) {
    try {
      yield* metricsOf(engine, id, signal);
    } catch (error) {
      if (signal.aborted || !isConnectionLost(error)) throw error;
    }
    onLost();
    if ((await nextRun(engine, id, { signal, waiter, isBroken: true })) === undefined) return;
  }
}

type Row = Record<keyof typeof heads, string>;

/** The field names of docker. */
const heads = {
  ...{
    Container: "CONTAINER",
    Name: "NAME",
    ID: "CONTAINER ID",
    Service: "SERVICE",
    Host: "HOST",
    CPUPerc: "CPU %",
  },
  ...{
    MemUsage: "MEM USAGE / LIMIT",
    MemPerc: "MEM %",
    NetIO: "NET I/O",
    BlockIO: "BLOCK I/O",
    PIDs: "PIDS",
  },
};

/** A container that does not run has these figures, as in docker compose. */
const nothing: Metrics = {
  ...{ cpuPercent: 0, memory: 0, memoryLimit: 0, memoryPercent: 0, processes: 0 },
  ...{ received: 0, sent: 0, read: 0, written: 0 },
};

function runs({ container }: Source): boolean {
  return container.state === "running";
}

function rowOf({ service, container }: Source, metrics: Metrics | undefined, trunc = true): Row {
  const percent = (value: number) => `${value.toFixed(2)}%`;
  const known = metrics ?? (runs({ service, container }) ? undefined : nothing);
  const of = (make: (metrics: Metrics) => string) => (known ? make(known) : "--");
  return {
    Container: container.id,
    Name: container.name,
    ID: trunc ? shortId(container.id) : container.id,
    Service: service.service,
    Host: service.host.name,
    CPUPerc: of(({ cpuPercent }) => percent(cpuPercent)),
    MemUsage: of(({ memory, memoryLimit }) => `${binarySize(memory)} / ${binarySize(memoryLimit)}`),
    MemPerc: of(({ memoryPercent }) => percent(memoryPercent)),
    NetIO: of(({ received, sent }) => `${decimalSize(received)} / ${decimalSize(sent)}`),
    BlockIO: of(({ read, written }) => `${decimalSize(read)} / ${decimalSize(written)}`),
    PIDs: of(({ processes }) => String(processes)),
  };
}

const columns: (keyof Row)[] = [
  ...(["Name", "Host", "CPUPerc", "MemUsage", "MemPerc", "NetIO", "BlockIO", "PIDs"] as const),
];
/** Columns that are left out, in this order, if a line is too narrow for all. */
const dispensable: (keyof Row)[] = ["BlockIO", "NetIO", "PIDs", "MemPerc"];

/** Shortens long names first, then leaves out columns, then shortens names further. */
function tableOf(rows: Row[], width = Infinity): string {
  const ways = dispensable.map((_, at) => dispensable.slice(0, at + 1));
  for (const [most, without] of [
    [Infinity, []],
    [32, []],
    ...ways.map((way) => [32, way] as const),
  ] as const) {
    const table = drawn(rows, most, without);
    if (table.split("\n").every((line) => stringWidth(line) <= width)) return table;
  }
  return drawn(rows, 16, dispensable);
}

function drawn(rows: Row[], most: number, without: readonly (keyof Row)[]): string {
  const shown = columns.filter((column) => !without.includes(column));
  const cut = (name: string) => (name.length > most ? `${name.slice(0, most - 1)}…` : name);
  const cells = rows.map((row) => ({ ...row, Name: cut(row.Name) }));
  return list({
    head: shown.map((column) => heads[column]),
    rows: cells.map((row) => shown.map((column) => row[column])),
  });
}
