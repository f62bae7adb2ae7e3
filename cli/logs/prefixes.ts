/** Prints lines of containers with an aligned prefix: "web_1  | ", or "web_1@b  | " if there are several hosts. */
import { label } from "../../provider/model/labels.js";
import { oneLine } from "../../provider/shared/foreign-text.js";
import type { Colour } from "../terminal/colour.js";
import type { LiveService } from "../application/live-application.js";
import type { Output } from "../terminal/output.js";
import { elementOf, entryOf } from "../../provider/shared/lookup.js";

interface Named {
  id: string;
  name: string;
  labels: Record<string, string>;
}

export class LogPrinter {
  private readonly known = new Map<string, { name: string; host: string }>();
  private hosts = new Set<string>();
  private width = 0;

  constructor(
    private readonly out: Output,
    services: LiveService[],
    private readonly isPrefixed: boolean,
  ) {
    for (const { service, host, containers } of services)
      for (const container of containers) this.add(service, host.name, container);
  }

  /** A container that was not there before. */
  join(service: string, host: string, container: Named): void {
    this.add(service, host, container);
    if (this.isPrefixed) this.out.note(`Attaching to ${container.name}`);
  }

  print(id: string, text: string): void {
    this.out.write(`${this.line(id, text)}\n`);
  }

  line(id: string, text: string): string {
    if (!this.isPrefixed) return text;
    const name = this.nameOf(id);
    return `${this.out.paint(colourOf(name), `${name.padEnd(this.width)}  |`)} ${text}`;
  }

  /** The first container that needs it widens the prefix and adds the host name. */
  private add(service: string, host: string, { id, labels }: Named): void {
    this.known.set(id, { name: oneLine(`${service}_${labels[label.number] ?? 1}`), host });
    this.hosts = new Set([...this.known.values()].map((one) => one.host));
    this.width = Math.max(...[...this.known.keys()].map((one) => this.nameOf(one).length));
  }

  private nameOf(id: string): string {
    const { name, host } = entryOf(this.known, id);
    return this.hosts.size > 1 ? `${name}@${host}` : name;
  }
}

/** A name has the same colour in every run. */
function colourOf(name: string): Colour {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.charCodeAt(0)) >>> 0;
  return elementOf(nameColours, sum % nameColours.length);
}

const nameColours: Colour[] = ["cyan", "yellow", "green", "magenta", "blue"];
