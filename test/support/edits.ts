/** A compose file that is edited at random, and engines that are meddled with. */
import type { BedHost } from "./bed.js";
import { containersOf, engine } from "./http-engine.js";
import { retag } from "./scene.js";
import type { Chance } from "./seeded.js";

interface EditedService {
  host: string;
  value: number;
  replicas: number;
  config: boolean;
  secret: boolean;
  dependsOn?: string;
}

export class EditedProject {
  private readonly services: Record<string, EditedService> = {
    db: { host: "one", value: 1, replicas: 1, config: false, secret: true },
    web: { host: "two", value: 1, replicas: 2, config: true, secret: false, dependsOn: "db" },
    job: { host: "one", value: 1, replicas: 1, config: true, secret: true, dependsOn: "db" },
  };
  private readonly hosts: Record<string, string>;
  private readonly contents = { config: 1, secret: 1 };

  constructor(
    private readonly name: string,
    private readonly engines: BedHost[],
    private readonly chance: Chance,
  ) {
    this.hosts = { one: engines[0]!.address, two: engines[1]!.address };
  }

  get image(): string {
    return `${this.name}/app:1`;
  }

  get files(): Record<string, string> {
    const { config, secret } = this.contents;
    return {
      "compose.yml": this.text(),
      "config.txt": `config ${config}\n`,
      "secret.txt": `secret ${secret}\n`,
    };
  }

  /** One of all edits and meddlings; returns what it was. */
  async change(): Promise<string> {
    const kind = this.chance.pick(Object.keys(this.changes) as (keyof typeof this.changes)[]);
    return `${kind} ${(await this.changes[kind]()) ?? "(not possible now)"}`;
  }

  async retag(): Promise<string> {
    const from = this.chance.pick(["k2-test/busybox:1", "k2-test/busybox:2"]);
    // One name means one thing on all hosts: which of two it is, nobody could say.
    for (const host of this.engines) await retag(host, from, this.image);
    return from;
  }

  private readonly changes = {
    "edit environment of": () => this.withService((service) => void service.value++),
    scale: () => this.withService((service) => void (service.replicas = this.chance.below(4))),
    move: () =>
      this.withService((service) => void (service.host = this.chance.pick(Object.keys(this.hosts)))),
    "use config of": () => this.withService((service) => void (service.config = !service.config)),
    "change content of": () => {
      const which = this.chance.pick(["config", "secret"] as const);
      this.contents[which]++;
      return which;
    },
    "remove service": () => {
      const name = this.chance.pick(Object.keys(this.services));
      if (Object.keys(this.services).length < 2) return undefined;
      delete this.services[name];
      for (const service of Object.values(this.services))
        if (service.dependsOn === name) delete service.dependsOn;
      return name;
    },
    "add service": () => {
      const name = `extra${this.chance.below(3)}`;
      if (this.services[name]) return undefined;
      const host = this.chance.pick(Object.keys(this.hosts));
      this.services[name] = { host, value: 1, replicas: 1, config: false, secret: true };
      return name;
    },
    "rename host": () => {
      const [before, address] = this.chance.pick(Object.entries(this.hosts));
      const after = before.endsWith("x") ? before.slice(0, -1) : `${before}x`;
      delete this.hosts[before];
      this.hosts[after] = address;
      for (const service of Object.values(this.services)) if (service.host === before) service.host = after;
      return `${before} to ${after}`;
    },
    "retag to": () => this.retag(),
    stop: () => this.meddle((host, id) => engine(host, "POST", `/containers/${id}/stop?t=0`)),
    remove: () => this.meddle((host, id) => engine(host, "DELETE", `/containers/${id}?force=1`)),
    pause: () =>
      this.meddle((host, id, state) =>
        state === "running" ? engine(host, "POST", `/containers/${id}/pause`) : undefined,
      ),
    disconnect: () =>
      this.meddle((host, id) =>
        engine(host, "POST", `/networks/${this.name}_default/disconnect`, {
          Container: id,
          Force: true,
        }).catch(() => undefined),
      ),
  };

  private withService(edit: (service: EditedService) => void): string {
    const name = this.chance.pick(Object.keys(this.services));
    edit(this.services[name]!);
    return name;
  }

  private async meddle(
    work: (host: BedHost, id: string, state: string) => unknown,
  ): Promise<string | undefined> {
    const host = this.chance.pick(this.engines);
    const containers = await containersOf(host, this.name);
    if (containers.length === 0) return undefined;
    const { Id, Name, State } = this.chance.pick(containers);
    await work(host, Id, State.Status);
    return `${Name} on ${host.name}`;
  }

  private text(): string {
    const services = Object.entries(this.services).map(([name, service]) => [
      name,
      this.composeService(service),
    ]);
    return JSON.stringify({
      name: this.name,
      hosts: this.hosts,
      services: Object.fromEntries(services) as unknown,
      configs: { settings: { file: "./config.txt" } },
      secrets: { key: { file: "./secret.txt" } },
    });
  }

  private composeService({ host, value, replicas, config, secret, dependsOn }: EditedService): object {
    return {
      ...{ image: this.image, command: "sleep 3600", stop_signal: "SIGKILL", host, scale: replicas },
      environment: { VALUE: String(value) },
      ...(config && { configs: ["settings"] }),
      ...(secret && { secrets: ["key"] }),
      ...(dependsOn !== undefined && { s_depends_on: [dependsOn] }),
    };
  }
}
