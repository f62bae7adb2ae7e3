import { isIPv6 } from "node:net";
import { writeDashboard } from "../agent/dashboard-file.js";
import { LiveDashboard } from "../agent/dashboard-updates.js";
import { loop, systemClock } from "../agent/loop.js";
import { measure } from "../agent/measure.js";
import { opentsdbSender, type Sender } from "../agent/opentsdb-http.js";
import { type Measurement, pointsOf, prefixOf, telnetLine } from "../agent/metrics-points.js";
import { CurrentApplication } from "../agent/current-application.js";
import { prometheusText, servePrometheus } from "../agent/prometheus.js";
import { type Database, databases } from "../agent/queries.js";
import { ContainerWatch } from "../agent/stats-streams.js";
import type { Application, Member } from "../application/application.js";
import { defineCommand } from "../command.js";
import type { Context } from "../application/context.js";
import { exitCodeOf } from "../terminal/exit-codes.js";
import { K2Error, messageOf } from "../../provider/shared/errors.js";

interface Options {
  interval: number;
  prefix?: string;
  opentsdbHttp?: string;
  delay?: number;
  format: "opentsdb" | "prometheus";
  port: number;
  listen: string;
  once?: boolean;
  dashboard: boolean;
  datasource?: Database;
}

export default defineCommand<Options>({
  options: [
    {
      flags: "--interval <seconds>",
      does: "Seconds between the starts of two measurements",
      number: true,
      default: 10,
    },
    { flags: "--prefix <prefix>", does: "Prefix of all metric names" },
    {
      flags: "--opentsdb-http <host:port>",
      does: "Send metrics to OpenTSDB (or VictoriaMetrics) instead of printing them",
    },
    { flags: "--delay <seconds>", does: "Wait before the first measurement", number: true },
    {
      flags: "--format <format>",
      does: "opentsdb, or prometheus to serve the metrics on a port",
      choices: ["opentsdb", "prometheus"],
      default: "opentsdb",
    },
    { flags: "--port <port>", does: "Port for --format prometheus", number: true, default: 9464 },
    {
      flags: "--listen <address>",
      does: "Address of this machine for --format prometheus; 0.0.0.0 serves other machines, without authentication",
      default: "127.0.0.1",
    },
    { flags: "--once", does: "Measure once, then exit" },
    { flags: "--no-dashboard", does: "Do not write dashboard.json" },
    {
      flags: "--datasource <kind>",
      does: "Grafana data source of the dashboard: opentsdb, or prometheus (Prometheus, VictoriaMetrics)",
      choices: [...databases],
    },
  ],
  details:
    "PREFIX.PROJECT.hosts.HOST is 1 while the host answers. PREFIX.PROJECT.containers.SERVICE is the duration of the\n" +
    "health check in ms: negative if the check failed, -20001 if the container is stopped, -20002 if it is not\n" +
    "deployed; .mem_limit and .mem_usage are in MB. The agent writes dashboard.json, for import into Grafana, into\n" +
    "the working folder. It keeps metrics that it cannot send for an hour. See docs/monitoring.md.",
  examples: [
    ["agent --prefix gw", "print lines for OpenTSDB's telnet interface"],
    ["agent --prefix gw --opentsdb-http localhost:4242 --interval 3", "send them"],
    ["agent --format prometheus --port 9464", "serve metrics for Prometheus"],
  ],

  run: async (context, { options }) => {
    if (options.interval < 1)
      throw new K2Error("usage", "--interval must be at least 1: timestamps are whole seconds");
    const clock = systemClock;
    const { name } = await context.application();
    const prefix = prefixOf(options.prefix, name);
    const dashboard = new LiveDashboard((application) => drawn(context, application, prefix, options));
    const present = await CurrentApplication.of(context, clock, (one) => dashboard.show(one));
    dashboard.show(present.current());
    const watch = new ContainerWatch();
    const reporters = await reportersOf(context, name, prefix, options);
    try {
      await loop({
        ...{ clock, interval: options.interval, delay: options.delay, once: options.once },
        signal: context.signal,
        measure: (timestamp, signal) => {
          const engineOf = context.engine.bind(context);
          const onOrphans = (services: Member[]) => dashboard.add(services);
          const application = present.current();
          return measure({ application, engineOf, watch, env: context.env, signal, onOrphans }, timestamp);
        },
        report: (measurement) => reporters.forEach(({ take }) => take(measurement)),
      });
    } catch (error) {
      if (!context.signal.aborted) throw error;
    } finally {
      watch.close();
      await dashboard.drawn();
    }
    const codes = await Promise.all(reporters.map(({ close }) => close()));
    return context.signal.aborted ? exitCodeOf("cancelled") : Math.max(...codes);
  },
});

interface Reporter {
  take(measurement: Measurement): void;
  /** Returns the exit code. */
  close(): Promise<number>;
}

async function reportersOf(
  context: Context,
  project: string,
  prefix: string,
  { format, opentsdbHttp, port, listen, once }: Options,
): Promise<Reporter[]> {
  const sending = opentsdbHttp === undefined ? [] : [sendTo(context, opentsdbHttp, prefix)];
  if (format === "prometheus") {
    const shown = once
      ? printed(context, (one) => prometheusText(project, one).trimEnd())
      : await served(context, project, { port, listen });
    return [...sending, shown];
  }
  if (sending.length > 0) return sending;
  return [printed(context, (one) => pointsOf(prefix, one).map(telnetLine).join("\n"))];
}

function printed({ out }: Context, text: (measurement: Measurement) => string): Reporter {
  return { take: (measurement) => out.block(text(measurement)), close: async () => 0 };
}

async function served(
  { out }: Context,
  project: string,
  place: { port: number; listen: string },
): Promise<Reporter> {
  let text = "";
  const server = await servePrometheus(place, () => text);
  const host = isIPv6(place.listen) ? `[${place.listen}]` : place.listen;
  out.note(`Serving http://${host}:${server.port}/metrics`);
  return {
    take: (measurement) => void (text = prometheusText(project, measurement)),
    close: async () => (server.close(), 0),
  };
}

function sendTo({ out, signal }: Context, server: string, prefix: string): Reporter {
  const measurements = (count: number) => `${count} ${count === 1 ? "measurement" : "measurements"}`;
  const sender: Sender = opentsdbSender(server, {
    sent: (points) => out.line(`send success ${JSON.stringify(points)}`),
    failed: (why, waiting) => out.error(`send failed: ${why} (${measurements(waiting)} kept)`),
    refused: (why) => out.error(`the server rejected points, which are not sent again: ${why}`),
    forgotten: (count) => out.error(`dropped ${measurements(count)} that could not be sent within an hour`),
  });
  return {
    take: (measurement) => sender.take(pointsOf(prefix, measurement)),
    close: async () => {
      // After Ctrl-C the user expects the command to end soon.
      const left = await sender.close(signal.aborted ? 2_000 : 30_000);
      if (left > 0) out.error(`dropped ${measurements(left)} that could not be sent`);
      return left > 0 ? exitCodeOf("engine") : 0;
    },
  };
}

/** An error is only a warning, because monitoring must continue if the folder is read-only. */
async function drawn(
  context: Context,
  application: Application,
  prefix: string,
  { dashboard, format, datasource, interval, opentsdbHttp }: Options,
): Promise<void> {
  if (!dashboard) return;
  const served = format === "prometheus" && opentsdbHttp === undefined;
  const database = datasource ?? (served ? "prometheus" : "opentsdb");
  try {
    const file = await writeDashboard(context.cwd, application, { prefix, interval, database, served });
    if (file !== undefined) context.out.note(`wrote ${file} for Grafana`);
  } catch (error) {
    context.out.warn(`cannot write dashboard.json: ${messageOf(error)}`);
  }
}
