import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { sleep } from "../../provider/engine/deadline.js";
import { dashboard } from "../agent/dashboard.js";
import { measure } from "../agent/measure.js";
import { opentsdbSender, type Sender } from "../agent/opentsdb-http.js";
import { type Measurement, type Point, pointsOf, prefixOf, telnetLine } from "../agent/points.js";
import { prometheusText, servePrometheus } from "../agent/prometheus.js";
import { ContainerWatch } from "../agent/watch-containers.js";
import type { Application } from "../application.js";
import { defineCommand } from "../command.js";
import type { Context } from "../context.js";
import { exitCodeOf } from "../exit-codes.js";

interface Options {
  interval: number;
  prefix?: string;
  opentsdbHttp?: string;
  delay?: number;
  format: "opentsdb" | "prometheus";
  port: number;
  once?: boolean;
  dashboard: string | boolean;
}

export default defineCommand<Options>({
  options: [
    { flags: "--interval <seconds>", does: "Between two looks", number: true, default: 10 },
    { flags: "--prefix <prefix>", does: "In front of all names of metrics" },
    {
      flags: "--opentsdb-http <host:port>",
      does: "Send to OpenTSDB (or VictoriaMetrics) instead of printing",
    },
    { flags: "--delay <seconds>", does: "Wait before the first look", number: true },
    {
      flags: "--format <format>",
      does: "opentsdb, or prometheus: to be fetched from a port",
      choices: ["opentsdb", "prometheus"],
      default: "opentsdb",
    },
    { flags: "--port <port>", does: "For --format prometheus", number: true, default: 9464 },
    { flags: "--once", does: "One look, and end" },
    { flags: "--no-dashboard", does: "Do not write dashboard.json" },
  ],
  details:
    "PREFIX.PROJECT.hosts.HOST is 1 while the host answers. PREFIX.PROJECT.containers.SERVICE is what its health check took\n" +
    "in ms: below 0 it failed, -20001 stopped, -20002 undeployed; .mem_limit and .mem_usage are in MB. dashboard.json,\n" +
    "written into the working folder, is to be imported into Grafana. What cannot be sent is kept for an hour.",
  examples: [
    ["agent --prefix gw", "lines for OpenTSDB's telnet interface"],
    ["agent --prefix gw --opentsdb-http localhost:4242 --interval 3", "sends them"],
  ],

  run: async (context, { options }) => {
    const application = await context.application();
    const prefix = prefixOf(options.prefix, application.name);
    if (options.dashboard !== false && options.format === "opentsdb")
      await writeDashboard(context, application, prefix);
    const report = await reporter(context, application, prefix, options);
    const watch = new ContainerWatch();
    try {
      if (options.delay) await sleep(options.delay * 1000, context.signal);
      for (let next = Date.now(); ;) {
        await report.take(await measure(context, application, watch, Math.floor(Date.now() / 1000)));
        if (options.once) return 0;
        next = Math.max(next + options.interval * 1000, Date.now());
        await sleep(next - Date.now(), context.signal);
      }
    } catch (error) {
      if (context.signal.aborted) return exitCodeOf("cancelled");
      throw error;
    } finally {
      watch.close();
      report.close();
    }
  },
});

interface Reporter {
  take(measurement: Measurement): Promise<void>;
  close(): void;
}

async function reporter(
  context: Context,
  { name }: Application,
  prefix: string,
  options: Options,
): Promise<Reporter> {
  const nothing = () => undefined;
  if (options.format === "prometheus") {
    let text = "";
    const server = await servePrometheus(options.port, () => text);
    context.out.note(`Serving http://localhost:${options.port}/metrics`);
    return {
      take: async (measurement) => void (text = prometheusText(name, measurement)),
      close: () => server.close(),
    };
  }
  if (options.opentsdbHttp === undefined)
    return {
      take: async (measurement) =>
        pointsOf(prefix, measurement).forEach((point) => context.out.line(telnetLine(point))),
      close: nothing,
    };
  const sender = opentsdbSender(options.opentsdbHttp);
  return { take: (measurement) => send(context, sender, pointsOf(prefix, measurement)), close: nothing };
}

async function send({ out }: Context, sender: Sender, points: Point[]): Promise<void> {
  const { sent, failure, waiting } = await sender.send(points);
  for (const batch of sent) out.line(`send success ${JSON.stringify(batch)}`);
  if (failure !== undefined)
    out.error(`send failed: ${failure} (${waiting} ${waiting === 1 ? "look waits" : "looks wait"})`);
}

async function writeDashboard(context: Context, application: Application, prefix: string): Promise<void> {
  const file = resolve(context.cwd, "dashboard.json");
  await writeFile(file, `${JSON.stringify(dashboard(application, prefix), undefined, 2)}\n`);
  context.out.note(`${file} is for Grafana`);
}
