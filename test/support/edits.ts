/** A compose file that is edited at random, and engines that are meddled with. */
import type { BedHost } from "./bed.js";
import { type ContainerInfo, containersOf, engine } from "./http-engine.js";
import { retag } from "./scene.js";
import type { Chance } from "./seeded.js";

export interface EditedService {
  host: string;
  value: number;
  replicas: number;
  config: boolean;
  secret: boolean;
  /** Its files then lie in volumes of their own. */
  readOnly: boolean;
  volume: boolean;
  /** A second network. */
  back: boolean;
  /** MiB */
  memory?: number;
  order?: "stop-first" | "start-first";
  healthcheck: boolean;
  dependsOn?: string;
}

/** What keeps a new version from coming up. */
export type Spoiling = "no image" | "unhealthy";

const plain = { readOnly: false, volume: false, back: false, healthcheck: false };

export class EditedProject {
  readonly services: Record<string, EditedService> = {
    db: {
      ...{ ...plain, host: "one", value: 1, replicas: 1, config: false, secret: true },
      ...{ volume: true, memory: 64 },
    },
    web: {
      ...{ ...plain, host: "two", value: 1, replicas: 2, config: true, secret: false },
      ...{ healthcheck: true, dependsOn: "db" },
    },
    job: {
      ...{ ...plain, host: "one", value: 1, replicas: 1, config: true, secret: true },
      ...{ readOnly: true, back: true, order: "stop-first", dependsOn: "db" },
    },
  };
  readonly contents = { config: 1, secret: 1 };
  private readonly hosts: Record<string, string>;
  private spoilt?: { service: string; how: Spoiling };

  constructor(
    readonly name: string,
    readonly engines: BedHost[],
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

  /** The services that an engine is to have. */
  servicesOn({ address }: BedHost): [name: string, service: EditedService][] {
    return Object.entries(this.services).filter(([, { host }]) => this.hosts[host] === address);
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

  /** The next `up` must fail; undefined where nothing would run that could. */
  spoil(how: Spoiling): string | undefined {
    const running = Object.keys(this.services).filter((name) => this.services[name]!.replicas > 0);
    if (running.length === 0) return undefined;
    const service = this.chance.pick(running);
    this.spoilt = { service, how };
    return service;
  }

  mend(): void {
    delete this.spoilt;
  }

  private readonly changes = {
    "edit environment of": () => this.withService((service) => void service.value++),
    scale: () => this.withService((service) => void (service.replicas = this.chance.below(4))),
    move: () =>
      this.withService((service) => void (service.host = this.chance.pick(Object.keys(this.hosts)))),
    "use config of": () => this.withService((service) => void (service.config = !service.config)),
    "make writable or not": () => this.withService((service) => void (service.readOnly = !service.readOnly)),
    "mount or not": () => this.withService((service) => void (service.volume = !service.volume)),
    "second network of": () => this.withService((service) => void (service.back = !service.back)),
    "order of": () =>
      this.withService((service) => void (service.order = this.chance.pick(["start-first", "stop-first"]))),
    "healthcheck of": () => this.withService((service) => void (service.healthcheck = !service.healthcheck)),
    "limit memory of": () =>
      this.withService((service) => void (service.memory = 32 + this.chance.below(3) * 16)),
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
      this.services[name] = { ...plain, host, value: 1, replicas: 1, config: false, secret: true };
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
    stop: () => this.meddle((host, { Id }) => engine(host, "POST", `/containers/${Id}/stop?t=0`)),
    remove: () => this.meddle((host, { Id }) => engine(host, "DELETE", `/containers/${Id}?force=1`)),
    pause: () =>
      this.meddle((host, { Id, State }) =>
        State.Status === "running" ? engine(host, "POST", `/containers/${Id}/pause`) : undefined,
      ),
    disconnect: () => this.meddle((host, { Id }) => disconnect(host, `${this.name}_default`, Id)),
    rename: () =>
      this.meddle((host, { Id, Name }) =>
        engine(host, "POST", `/containers/${Id}/rename?name=${Name}-by-hand`),
      ),
    "swap the names of the first two on": async () => {
      const host = this.chance.pick(this.engines);
      const [first, second] = await containersOf(host, this.name);
      if (!second) return undefined;
      const rename = (id: string, name: string) =>
        engine(host, "POST", `/containers/${id}/rename?name=${name}`);
      await rename(first!.Id, `${this.name}-between`);
      await rename(second.Id, first!.Name);
      await rename(first!.Id, second.Name);
      return host.name;
    },
    "recreate with another environment": () => this.meddle((host, one) => this.recreate(host, one)),
    "remove network on": async () => {
      const host = this.chance.pick(this.engines);
      for (const { Id } of await containersOf(host, this.name))
        await disconnect(host, `${this.name}_default`, Id);
      await engine(host, "DELETE", `/networks/${this.name}_default`).catch(() => undefined);
      return host.name;
    },
  };

  /** `docker update`: no list tells of it, so `up` finds it only after a refresh. */
  async updateByHand(): Promise<string | undefined> {
    const bytes = 80 * 1024 * 1024;
    return this.meddle((host, { Id, State, Config }) => {
      const service = this.services[Config.Labels["com.docker.compose.service"] ?? ""];
      if (service?.memory === undefined || State.Status !== "running") return;
      return engine(host, "POST", `/containers/${Id}/update`, { Memory: bytes, MemorySwap: bytes * 2 });
    });
  }

  private withService(edit: (service: EditedService) => void): string {
    const name = this.chance.pick(Object.keys(this.services));
    edit(this.services[name]!);
    return name;
  }

  private async meddle(work: (host: BedHost, one: ContainerInfo) => unknown): Promise<string | undefined> {
    const host = this.chance.pick(this.engines);
    const containers = await containersOf(host, this.name);
    if (containers.length === 0) return undefined;
    const one = this.chance.pick(containers);
    await work(host, one);
    return `${one.Name} on ${host.name}`;
  }

  /** By somebody who copies what they see, labels included. */
  private async recreate(host: BedHost, { Id, Name, Image, Config }: ContainerInfo): Promise<void> {
    const body = {
      ...{ Image, Cmd: Config.Cmd, Labels: Config.Labels, Env: ["VALUE=by hand"], StopSignal: "SIGKILL" },
      HostConfig: { NetworkMode: `${this.name}_default` },
    };
    await engine(host, "DELETE", `/containers/${Id}?force=1`);
    const { Id: made } = await engine<{ Id: string }>(host, "POST", `/containers/create?name=${Name}`, body);
    // Without its network it stays down.
    await engine(host, "POST", `/containers/${made}/start`).catch(() => undefined);
  }

  private text(): string {
    const services = Object.entries(this.services).map(([name, service]) => [
      name,
      { ...this.composeService(service), ...this.spoiling(name) },
    ]);
    // With x-, docker compose can read it as well.
    return JSON.stringify({
      name: this.name,
      "x-hosts": this.hosts,
      services: Object.fromEntries(services) as unknown,
      configs: { settings: { file: "./config.txt" } },
      secrets: { key: { file: "./secret.txt" } },
      networks: { back: {} },
      volumes: { data: {} },
    });
  }

  private composeService(service: EditedService): object {
    const { host, value, replicas, config, secret, dependsOn, memory, order } = service;
    return {
      ...{ image: this.image, command: "sleep 3600", stop_signal: "SIGKILL" },
      ...{ "x-host": host, scale: replicas, environment: { VALUE: String(value) } },
      deploy: { update_config: { monitor: "500ms", ...(order && { order }) } },
      ...(config && { configs: [{ source: "settings", target: "/etc/shop/settings" }] }),
      ...(secret && { secrets: ["key"] }),
      ...(service.readOnly && { read_only: true }),
      ...(service.volume && { volumes: ["data:/data"] }),
      ...(service.back && { networks: ["default", "back"] }),
      ...(memory !== undefined && { mem_limit: `${memory}m` }),
      ...(service.healthcheck && { healthcheck: { test: ["CMD", "true"], interval: "300ms" } }),
      ...(dependsOn !== undefined && { "x-s-depends-on": [dependsOn] }),
    };
  }

  private spoiling(name: string): object {
    if (this.spoilt?.service !== name) return {};
    return this.spoilt.how === "no image"
      ? { image: "127.0.0.1:1/none:1" }
      : { healthcheck: { test: ["CMD", "false"], interval: "300ms", retries: 1 } };
  }
}

async function disconnect(host: BedHost, network: string, id: string): Promise<void> {
  const body = { Container: id, Force: true };
  await engine(host, "POST", `/networks/${network}/disconnect`, body).catch(() => undefined);
}
