/** The latest measurement as Prometheus reads it. */
import { createServer, type Server } from "node:http";
import { K2Error, messageOf } from "../../provider/errors.js";
import type { Measurement } from "./points.js";

export function prometheusText(project: string, { hosts, containers }: Measurement): string {
  const states = ["undeployed", "stopped", "error", "running"] as const;
  const families: [name: string, help: string, samples: [labels: Record<string, string>, value: number][]][] =
    [
      [
        "k2_compose_host_up",
        "Whether the host's engine answers.",
        hosts.map(({ name, connected }) => [{ host: name }, Number(connected)]),
      ],
      [
        "k2_compose_container_state",
        "1 for the state that the container is in.",
        containers.flatMap(({ name, host, state }) =>
          states.map((one): [Record<string, string>, number] => [
            { host, container: name, state: one },
            Number(one === state),
          ]),
        ),
      ],
      [
        "k2_compose_health_check_milliseconds",
        "How long the health check took.",
        containers.map(({ name, host, milliseconds }) => [
          { host, container: name },
          Math.round(milliseconds),
        ]),
      ],
      ...(["memory", "memoryLimit", "cpuPercent"] as const).map(
        (key): [string, string, [Record<string, string>, number][]] => [
          gauges[key][0],
          gauges[key][1],
          containers.flatMap(({ name, host, metrics }) =>
            metrics ? [[{ host, container: name }, metrics[key]] as [Record<string, string>, number]] : [],
          ),
        ],
      ),
    ];
  return families
    .flatMap(([name, help, samples]) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} gauge`,
      ...samples.map(([labels, value]) => `${name}{${labelText({ project, ...labels })}} ${value}`),
    ])
    .concat("")
    .join("\n");
}

/** Serves /metrics until it is closed. */
export async function servePrometheus(port: number, text: () => string): Promise<Server> {
  const server = createServer((request, response) => {
    const found = request.url === "/metrics" || request.url === "/";
    response.writeHead(found ? 200 : 404, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
    response.end(found ? text() : "see /metrics\n");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) =>
      reject(new K2Error("conflict", `cannot listen on port ${port}: ${messageOf(error)}`, { cause: error })),
    );
    server.listen(port, resolve);
  });
  return server;
}

const gauges = {
  memory: ["k2_compose_memory_bytes", "Memory in use."],
  memoryLimit: ["k2_compose_memory_limit_bytes", "Memory that may be used."],
  cpuPercent: ["k2_compose_cpu_percent", "Processor time; 100 is one processor."],
} as const;

function labelText(labels: Record<string, string>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`)
    .join(",");
}
