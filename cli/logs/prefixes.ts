/** What stands in front of a container's lines: "web_1  | ", all of one width, "web_1@b  | " where several hosts take part. */
import { label } from "../../provider/model/labels.js";
import { colourOf, type Paint } from "../terminal/colour.js";
import type { LiveService } from "../application/live-application.js";

interface Named {
  id: string;
  labels: Record<string, string>;
}

export class LogPrefixes {
  private readonly known = new Map<string, { name: string; host: string }>();
  private hosts = new Set<string>();
  private width = 0;

  constructor(
    services: LiveService[],
    private readonly paint: Paint,
  ) {
    for (const { service, host, containers } of services)
      for (const container of containers) this.add(service, host.name, container);
  }

  /** Names of hosts are said, and lines are wider, from the first container on that makes it so. */
  add(service: string, host: string, { id, labels }: Named): void {
    this.known.set(id, { name: `${service}_${labels[label.number] ?? 1}`, host });
    this.hosts = new Set([...this.known.values()].map((one) => one.host));
    this.width = Math.max(...[...this.known.keys()].map((one) => this.nameOf(one).length));
  }

  of(id: string): string {
    const name = this.nameOf(id);
    return `${this.paint(colourOf(name), `${name.padEnd(this.width)}  |`)} `;
  }

  private nameOf(id: string): string {
    const { name, host } = this.known.get(id)!;
    return this.hosts.size > 1 ? `${name}@${host}` : name;
  }
}
