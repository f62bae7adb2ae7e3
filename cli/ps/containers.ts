/** `ps --format`: lists containers with docker compose's fields and the host. */
import { label } from "../../provider/model/labels.js";
import { shortId } from "../../provider/model/images/digest.js";
import type { ObservedContainer, ObservedMount } from "../../provider/model/observed.js";
import type { LiveService } from "../application/live-application.js";
import { timeAgo } from "../terminal/time-ago.js";

interface ContainerRow {
  Command: string;
  CreatedAt: string;
  /** Always empty, as in docker compose. */
  Engine: string;
  ExitCode: number;
  Health: string;
  Host: string;
  ID: string;
  Image: string;
  Label: (name: string) => string;
  Labels: string;
  LocalVolumes: string;
  Mounts: string;
  Name: string;
  Names: string;
  Networks: string;
  Ports: string;
  Project: string;
  Publishers: { URL: string; TargetPort: number; PublishedPort: number; Protocol: string }[];
  RunningFor: string;
  Service: string;
  /** Always "0B", as in docker compose: the engine would have to measure it. */
  Size: string;
  State: string;
  Status: string;
}

/** Column heads that differ from the field name. */
export const containerHeads: { [Field in keyof ContainerRow]: string } = {
  ...{
    Command: "COMMAND",
    CreatedAt: "CREATED AT",
    Engine: "ENGINE",
    ExitCode: "EXIT CODE",
    Health: "HEALTH",
    Host: "HOST",
  },
  ...{ ID: "CONTAINER ID", Image: "IMAGE", Label: "", Labels: "LABELS", LocalVolumes: "LOCAL VOLUMES" },
  ...{ Mounts: "MOUNTS", Name: "NAME", Names: "NAMES", Networks: "NETWORKS", Ports: "PORTS" },
  ...{ Project: "PROJECT", Publishers: "PUBLISHERS", RunningFor: "CREATED", Service: "SERVICE" },
  ...{ Size: "SIZE", State: "STATE", Status: "STATUS" },
};

/** `whole`: IDs and commands are not truncated. */
export function containerRow(
  { service, host }: LiveService,
  container: ObservedContainer,
  { whole = false, now = Date.now() } = {},
): ContainerRow {
  const { command = "", labels, created } = container;
  const cut = (text: string, length: number) =>
    whole || text.length <= length ? text : `${text.slice(0, length - 1)}…`;
  return {
    Command: JSON.stringify(cut(command, 20)),
    CreatedAt: `${new Date(created * 1000).toISOString().slice(0, 19).replace("T", " ")} +0000 UTC`,
    Engine: "",
    ExitCode: container.exitCode ?? 0,
    Health: container.health ?? "",
    Host: host.name,
    ID: whole ? container.id : shortId(container.id),
    Image: container.image,
    Label: (name) => labels[name] ?? "",
    Labels: Object.entries(labels)
      .map(([name, value]) => `${name}=${value}`)
      .join(","),
    LocalVolumes: String(container.mounts.filter(({ type }) => type === "volume").length),
    Mounts: container.mounts.map((mount) => cut(mountName(mount), 15)).join(","),
    Name: container.name,
    Names: container.name,
    Networks: Object.keys(container.networks).join(","),
    Ports: publishers(container).map(portText).join(", "),
    Project: labels[label.project] ?? "",
    Publishers: publishers(container),
    RunningFor: timeAgo(now - created * 1000),
    Service: service,
    Size: "0B",
    State: container.state,
    Status: container.status ?? container.state,
  };
}

function publishers({ ports }: ObservedContainer): ContainerRow["Publishers"] {
  return ports.map(({ ip = "", private: target, public: published = 0, protocol }) => ({
    ...{ URL: ip, TargetPort: target, PublishedPort: published, Protocol: protocol },
  }));
}

function portText({ URL, TargetPort, PublishedPort, Protocol }: ContainerRow["Publishers"][0]): string {
  const inside = `${TargetPort}/${Protocol}`;
  return PublishedPort === 0 ? inside : `${URL.includes(":") ? `[${URL}]` : URL}:${PublishedPort}->${inside}`;
}

function mountName({ name, source, target }: ObservedMount): string {
  return name ?? source ?? target;
}
