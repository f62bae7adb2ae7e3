/** The seven columns of the original k2-compose, with hosts by name. */
import type { Port } from "../../provider/compose/types.js";
import { byNumber } from "../terminal/natural-order.js";
import type { Colour } from "../terminal/colour.js";
import type { Cell } from "../terminal/table.js";
import type { LiveService } from "../application/live-application.js";
import { type Checked, imageStatusOf, type ServiceStatus, type Status } from "../application/status.js";

export const head = [
  "Service",
  "Host",
  "Service-Status",
  "Image-Status",
  "Depends-On",
  "Ports",
  "Network-Mode",
];

/** Usual contents of cells: a column of nothing else tells nothing. */
export const usual: Record<string, string> = { Host: "default", "Network-Mode": "default" };

export interface Line {
  service: LiveService;
  status: ServiceStatus;
  check?: Checked;
}

export function rowsOf(lines: Line[]): Cell[][] {
  const statuses = new Map(lines.map(({ service, status }) => [service.service, status.status]));
  return lines.map(({ service, status }) => [
    service.service,
    service.host.name,
    { text: status.text, colour: colours[status.status] },
    imageStatusOf(service),
    service.dependsOn.map((name) => ({
      text: `- ${name}`,
      colour: colours[statuses.get(name) ?? "undeployed"],
    })),
    portsOf(service),
    networksOf(service),
  ]);
}

/** Published ports of the containers, otherwise of the file or the state. "8080:80", "53:53/udp" */
export function portsOf({ containers, definition, deployed }: LiveService): string[] {
  const live = containers.flatMap(({ ports }) => ports).filter((port) => port.public !== undefined);
  const texts =
    containers.length > 0
      ? live.map(({ ip, public: published, private: target, protocol }) =>
          portText(ip, String(published), target, protocol),
        )
      : ((definition ?? deployed?.inputs)?.ports ?? []).map((port) => definedPort(port));
  return [...new Set(texts)].sort(byNumber.compare);
}

/** Named as in the file; `default` is the project's default network. */
function networksOf({ definition, deployed, containers, orphan }: LiveService): string[] {
  const words = definition ?? deployed?.inputs;
  if (words?.network_mode !== undefined) return [words.network_mode];
  const names = Object.keys(words?.networks ?? {});
  if (orphan) return Object.keys(containers[0]?.networks ?? {});
  return names.length === 0 ? ["default"] : names.sort();
}

const colours: Record<Status, Colour> = {
  undeployed: "dim",
  stopped: "yellow",
  error: "red",
  running: "green",
  starting: "yellow",
  restarting: "red",
  paused: "yellow",
  unreachable: "red",
};

function portText(ip: string | undefined, published: string, target: number, protocol: string): string {
  const everywhere = ip === undefined || ip === "0.0.0.0" || ip === "::";
  return `${everywhere ? "" : `${ip}:`}${published}:${target}${protocol === "tcp" ? "" : `/${protocol}`}`;
}

function definedPort({ host_ip, published, target, protocol = "tcp" }: Port): string {
  return published === undefined || published === ""
    ? `${target}${protocol === "tcp" ? "" : `/${protocol}`}`
    : portText(host_ip, published, target, protocol);
}
