/** Manual changes to a project's containers and networks, including forged labels. */
import type { BedHost } from "../bed/bed-engine.js";
import { type ContainerInfo, containersOf, engine } from "../bed/http-engine.js";
import type { Random } from "./seeded-random.js";

export class ManualChanges {
  constructor(
    private readonly project: string,
    private readonly engines: BedHost[],
    private readonly random: Random,
  ) {}

  /** Each returns a description of what it changed. */
  readonly kinds = {
    stop: () => this.one((host, { Id }) => engine(host, "POST", `/containers/${Id}/stop?t=0`)),
    kill: () =>
      this.one((host, { Id, State }) =>
        State.Status === "running" ? engine(host, "POST", `/containers/${Id}/kill`) : undefined,
      ),
    restart: () => this.one((host, { Id }) => engine(host, "POST", `/containers/${Id}/restart?t=0`)),
    remove: () => this.one((host, { Id }) => engine(host, "DELETE", `/containers/${Id}?force=1`)),
    pause: () =>
      this.one((host, { Id, State }) =>
        State.Status === "running" ? engine(host, "POST", `/containers/${Id}/pause`) : undefined,
      ),
    disconnect: () => this.one((host, { Id }) => this.disconnect(host, Id)),
    rename: () =>
      this.one((host, { Id, Name }) => engine(host, "POST", `/containers/${Id}/rename?name=${Name}-by-hand`)),
    "swap the names of the first two on": async () => {
      const host = this.random.pick(this.engines);
      const [first, second] = await containersOf(host, this.project);
      if (!second) return undefined;
      const rename = (id: string, name: string) =>
        engine(host, "POST", `/containers/${id}/rename?name=${name}`);
      await rename(first!.Id, `${this.project}-between`);
      await rename(second.Id, first!.Name);
      await rename(first!.Id, second.Name);
      return host.name;
    },
    "recreate with another environment": () => this.one((host, one) => this.recreate(host, one)),
    "remove network on": async () => {
      const host = this.random.pick(this.engines);
      for (const { Id } of await containersOf(host, this.project)) await this.disconnect(host, Id);
      await engine(host, "DELETE", `/networks/${this.project}_default`).catch(() => undefined);
      return host.name;
    },
  };

  async one(work: (host: BedHost, one: ContainerInfo) => unknown): Promise<string | undefined> {
    const host = this.random.pick(this.engines);
    const containers = await containersOf(host, this.project);
    if (containers.length === 0) return undefined;
    const one = this.random.pick(containers);
    await work(host, one);
    return `${one.Name} on ${host.name}`;
  }

  private async disconnect(host: BedHost, id: string): Promise<void> {
    const body = { Container: id, Force: true };
    const path = `/networks/${this.project}_default/disconnect`;
    await engine(host, "POST", path, body).catch(() => undefined);
  }

  /** A copy of the container, labels included, with another environment. */
  private async recreate(host: BedHost, { Id, Name, Image, Config }: ContainerInfo): Promise<void> {
    const body = {
      ...{ Image, Cmd: Config.Cmd, Labels: Config.Labels, Env: ["VALUE=by hand"], StopSignal: "SIGKILL" },
      HostConfig: { NetworkMode: `${this.project}_default` },
    };
    await engine(host, "DELETE", `/containers/${Id}?force=1`);
    const { Id: made } = await engine<{ Id: string }>(host, "POST", `/containers/create?name=${Name}`, body);
    // The start fails if the network is missing.
    await engine(host, "POST", `/containers/${made}/start`).catch(() => undefined);
  }
}
