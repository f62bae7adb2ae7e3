/** The latest measurement in Prometheus' text format. */
import { createServer } from "node:http";
import { K2Error, messageOf } from "../../provider/shared/errors.js";
import { healthValue, type Measurement } from "./metrics-points.js";

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
        "1 for the current state of the container.",
        containers.flatMap(({ name, host, state }) =>
          states.map((one): [Record<string, string>, number] => [
            { host, container: name, state: one },
            Number(one === state),
          ]),
        ),
      ],
      [
        "k2_compose_health",
        "Duration of the health check in milliseconds; negative if it failed, -20001 if stopped, -20002 if undeployed.",
        containers.map((container) => [
          { host: container.host, container: container.name },
          healthValue(container),
        ]),
      ],
      ...(["memory", "memoryLimit", "cpuPercent"] as const).map(
        (key): [string, string, [Record<string, string>, number][]] => [
          gauges[key][0],
          gauges[key][1],
          containers.flatMap(({ name, host, metrics }): [Record<string, string>, number][] =>
            metrics ? [[{ host, container: name }, metrics[key]]] : [],
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

interface Served {
  port: number;
  close(): void;
}

/** Serves /metrics at an address of this machine until closed; port 0 selects a free port. */
export async function servePrometheus(
  { port, listen }: { port: number; listen: string },
  text: () => string,
): Promise<Served> {
  const server = createServer(({ url = "" }, response) => {
    const found = url === "/" || url.split("?")[0] === "/metrics";
    response.writeHead(found ? 200 : 404, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
    response.end(found ? text() : "see /metrics\n");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) =>
      reject(
        new K2Error("conflict", `cannot listen on ${listen}, port ${port}: ${messageOf(error)}`, {
          cause: error,
        }),
      ),
    );
    server.listen(port, listen, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server listens on no TCP port");
  return {
    port: address.port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const gauges = {
  memory: ["k2_compose_memory_bytes", "Memory in use."],
  memoryLimit: ["k2_compose_memory_limit_bytes", "Memory limit."],
  cpuPercent: ["k2_compose_cpu_percent", "CPU usage; 100 is one CPU."],
} as const;

function labelText(labels: Record<string, string>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`)
    .join(",");
}
