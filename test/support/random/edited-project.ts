/** A compose file that is edited at random, and engines that are changed by hand. */
import type { BedHost } from "../bed/bed-engine.js";
import { composeService, type EditedService, fitTogether, plainService } from "./edited-service.js";
import { engine } from "../bed/http-engine.js";
import { ManualChanges } from "./manual-changes.js";
import { retag } from "../bed/use-bed.js";
import type { Random } from "./seeded-random.js";

/** Why a new version cannot become healthy. */
export type Breakage = "no image" | "unhealthy";

type Flag = {
  [Key in keyof EditedService]-?: EditedService[Key] extends boolean ? Key : never;
}[keyof EditedService];

export class EditedProject {
  readonly services: Record<string, EditedService> = {
    db: plainService("one", { secret: true, volume: true, memory: 64 }),
    web: plainService("two", { replicas: 2, config: true, healthcheck: true, dependsOn: "db" }),
    job: plainService("one", {
      ...{ config: true, secret: true, readOnly: true, back: true, order: "stop-first", dependsOn: "db" },
    }),
  };
  readonly contents = { config: 1, secret: 1, env: 1, site: 1 };
  /** The value of the network's label. */
  network = 1;
  /** The value of the volume's label, which an engine cannot change. */
  volume = 1;
  /** The name of the host with `drain`. */
  private drained?: string;
  private readonly hosts: Record<string, string>;
  private readonly hostsOutside: Record<string, string> = {};
  private broken?: { service: string; how: Breakage };
  private readonly manualChanges: ManualChanges;
  /** The kinds of changes since the last `up`, because some exclude others. */
  private since = new Set<string>();

  constructor(
    readonly name: string,
    readonly engines: BedHost[],
    private readonly random: Random,
  ) {
    this.hosts = { one: engines[0]!.address, two: engines[1]!.address };
    this.manualChanges = new ManualChanges(name, engines, random);
  }

  get dataVolume(): string {
    return `${this.name}_data`;
  }

  usesVolumeOn(host: BedHost): boolean {
    return this.servicesOn(host).some(([, { volume }]) => volume);
  }

  get image(): string {
    return `${this.name}/app:1`;
  }

  get files(): Record<string, string> {
    const { config, secret, env, site } = this.contents;
    return {
      "compose.yml": this.text(),
      "config.txt": `config ${config}\n`,
      "secret.txt": `secret ${secret}\n`,
      "app.env": `APP=${env}\n`,
      "site/page": `site ${site}\n`,
    };
  }

  /** The flags that `up` needs: it recreates volumes only on request. */
  get flags(): string[] {
    return this.volume > 1 ? ["--recreate-volumes"] : [];
  }

  /** Names of the hosts that may run services. */
  private get usable(): string[] {
    return Object.keys(this.hosts).filter((name) => name !== this.drained);
  }

  /** The services that must run on an engine. */
  servicesOn({ address }: BedHost): [name: string, service: EditedService][] {
    return Object.entries(this.services).flatMap(([name, service]): [string, EditedService][] => {
      if (service.everywhere)
        return this.usable.some((host) => this.hosts[host] === address)
          ? [[name, { ...service, replicas: 1 }]]
          : [];
      return this.hosts[service.host] === address ? [[name, service]] : [];
    });
  }

  /** Makes one random edit or manual change; returns its description. */
  async change(): Promise<string> {
    const changes: Record<string, () => Promise<string | undefined> | string | undefined> = {
      ...this.changes,
      ...this.manualChanges.kinds,
    };
    const kind = this.random.pick(Object.keys(changes));
    // After a host is renamed, its containers are identified by their labels only, so a container with copied labels
    // would be accepted.
    const [forgery, renaming] = ["recreate with another environment", "rename host"];
    const other = { [forgery]: renaming, [renaming]: forgery }[kind];
    if (other !== undefined && this.since.has(other)) return `${kind} (not after ${other})`;
    this.since.add(kind);
    const what = await changes[kind]!();
    fitTogether(this.services);
    return `${kind} ${what ?? "(not possible now)"}`;
  }

  async retag(): Promise<string> {
    const from = this.random.pick(["k2-test/busybox:1", "k2-test/busybox:2"]);
    // The tag must mean the same image on all hosts.
    for (const host of this.engines) await retag(host, from, this.image);
    return from;
  }

  /** Makes the next `up` fail and returns the service; undefined if no container would run. */
  breakService(how: Breakage): string | undefined {
    const running = Object.keys(this.services).filter((name) => {
      const { replicas, everywhere, ended } = this.services[name]!;
      return !ended && (everywhere || replicas > 0);
    });
    if (running.length === 0) return undefined;
    const service = this.random.pick(running);
    this.broken = { service, how };
    return service;
  }

  /** Must be called after an `up` that deployed all changes. */
  settled(): void {
    this.since.clear();
  }

  repair(): void {
    delete this.broken;
  }

  private readonly toggle = (key: Flag) => () =>
    this.withService((service) => void (service[key] = !service[key]));

  private readonly changes = {
    "edit environment of": () => this.withService((service) => void service.value++),
    scale: () => this.withService((service) => void (service.replicas = this.random.below(4))),
    move: () => this.withService((service) => void (service.host = this.random.pick(this.usable))),
    "put everywhere or not": this.toggle("everywhere"),
    "make a job or not": this.toggle("ended"),
    "use config of": this.toggle("config"),
    "use env_file of": this.toggle("envFile"),
    "make writable or not": this.toggle("readOnly"),
    "mount or not": this.toggle("volume"),
    "anonymous volume of": this.toggle("own"),
    "synced folder of": this.toggle("synced"),
    "second network of": this.toggle("back"),
    "ports of": this.toggle("ports"),
    "order of": () =>
      this.withService((service) => void (service.order = this.random.pick(["start-first", "stop-first"]))),
    "failure action of": this.toggle("rollsBack"),
    "healthcheck of": this.toggle("healthcheck"),
    "health_check of": this.toggle("probe"),
    "restart policy of": this.toggle("restarts"),
    "restart or not with what it depends on:": this.toggle("restartedWith"),
    "other dependency of": () => this.withTwo((service, other) => void (service.dependsOn = other)),
    "share a network or not:": () =>
      this.withTwo((service, other) => {
        if (service.shares === undefined) service.shares = other;
        else delete service.shares;
      }),
    "limit memory of": () =>
      this.withService((service) => void (service.memory = 32 + this.random.below(3) * 16)),
    "change content of": () => {
      const which = this.random.pick(["config", "secret", "env", "site"] as const);
      this.contents[which]++;
      return which;
    },
    "change the second network": () => String(++this.network),
    "remove service": () => {
      const name = this.random.pick(Object.keys(this.services));
      if (Object.keys(this.services).length < 2) return undefined;
      delete this.services[name];
      return name;
    },
    "add service": () => {
      const name = `extra${this.random.below(3)}`;
      if (this.services[name]) return undefined;
      this.services[name] = plainService(this.random.pick(this.usable), { secret: true });
      return name;
    },
    "rename host": () => {
      const [before, address] = this.random.pick(Object.entries(this.hosts));
      const after = before.endsWith("x") ? before.slice(0, -1) : `${before}x`;
      delete this.hosts[before];
      this.hosts[after] = address;
      if (this.drained === before) this.drained = after;
      for (const service of Object.values(this.services)) if (service.host === before) service.host = after;
      return `${before} to ${after}`;
    },
    "drain or not:": () => {
      if (this.drained !== undefined) {
        const name = this.drained;
        delete this.drained;
        return name;
      }
      if (Object.keys(this.hosts).length < 2) return undefined;
      this.drained = this.random.pick(Object.keys(this.hosts));
      this.moveToUsable();
      return this.drained;
    },
    "host out or in:": () => {
      // A host must remain that can take the services.
      delete this.drained;
      const [outside] = Object.entries(this.hostsOutside);
      const [name, address] = outside ?? this.random.pick(Object.entries(this.hosts));
      const [from, to] = outside ? [this.hostsOutside, this.hosts] : [this.hosts, this.hostsOutside];
      delete from[name];
      to[name] = address;
      this.moveToUsable();
      return name;
    },
    "retag to": () => this.retag(),
  };

  /** Runs `docker update`. Lists of containers do not show the change, so `up` detects it only after a refresh. */
  async updateByHand(): Promise<string | undefined> {
    const bytes = 80 * 1024 * 1024;
    return this.manualChanges.one((host, { Id, State, Config }) => {
      const service = this.services[Config.Labels["com.docker.compose.service"] ?? ""];
      if (service?.memory === undefined || State.Status !== "running") return;
      return engine(host, "POST", `/containers/${Id}/update`, { Memory: bytes, MemorySwap: bytes * 2 });
    });
  }

  private moveToUsable(): void {
    const [other] = this.usable;
    for (const service of Object.values(this.services))
      if (!this.usable.includes(service.host)) service.host = other!;
  }

  private withService(edit: (service: EditedService) => void): string {
    const name = this.random.pick(Object.keys(this.services));
    edit(this.services[name]!);
    return name;
  }

  /** A service may use only services before it, so that there are no cycles. */
  private withTwo(edit: (service: EditedService, other: string) => void): string | undefined {
    const names = Object.keys(this.services);
    if (names.length < 2) return undefined;
    const at = 1 + this.random.below(names.length - 1);
    const other = names[this.random.below(at)]!;
    edit(this.services[names[at]!]!, other);
    return `${names[at]} and ${other}`;
  }

  private text(): string {
    const around = { image: this.image, hosts: Object.keys(this.hosts) };
    const services = Object.keys(this.services).map((name) => [
      name,
      { ...composeService(name, this.services, around), ...this.breakageOf(name) },
    ]);
    // Attributes have the x- prefix, so that docker compose can read the file too.
    return JSON.stringify({
      name: this.name,
      "x-hosts": this.writtenHosts,
      services: Object.fromEntries(services) as unknown,
      configs: { settings: { file: "./config.txt" } },
      secrets: { key: { file: "./secret.txt" } },
      networks: { back: { labels: { value: String(this.network) } } },
      volumes: { data: this.volume === 1 ? {} : { labels: { value: String(this.volume) } } },
    });
  }

  private get writtenHosts(): object {
    const entries = Object.entries(this.hosts).map(([name, address]): [string, unknown] => [
      name,
      name === this.drained ? { address, drain: true } : address,
    ]);
    return Object.fromEntries(entries);
  }

  private breakageOf(name: string): object {
    if (this.broken?.service !== name) return {};
    return this.broken.how === "no image"
      ? { image: "127.0.0.1:1/none:1" }
      : { healthcheck: { test: ["CMD", "false"], interval: "300ms", retries: 1 } };
  }
}
