/** `ps --format json`: containers one by one, with docker compose's field names and the host. */
import { label } from "../../provider/model/labels.js";
import type { ObservedContainer } from "../../provider/model/observed.js";
import type { LiveService } from "../live.js";

export interface ContainerRow {
  ID: string;
  Name: string;
  Project: string;
  Service: string;
  Host: string;
  Image: string;
  State: string;
  Health: string;
  ExitCode: number;
  Publishers: { URL: string; TargetPort: number; PublishedPort: number; Protocol: string }[];
  Networks: string[];
  Labels: Record<string, string>;
}

export function containerRows({ service, host, containers }: LiveService): ContainerRow[] {
  return containers.map((container) => ({
    ID: container.id,
    Name: container.name,
    Project: container.labels[label.project] ?? "",
    Service: service,
    Host: host.name,
    Image: container.image,
    State: container.state,
    Health: container.health ?? "",
    ExitCode: container.exitCode ?? 0,
    Publishers: publishers(container),
    Networks: Object.keys(container.networks),
    Labels: container.labels,
  }));
}

function publishers({ ports }: ObservedContainer): ContainerRow["Publishers"] {
  return ports.map(({ ip = "", private: target, public: published = 0, protocol }) => ({
    ...{ URL: ip, TargetPort: target, PublishedPort: published, Protocol: protocol },
  }));
}
