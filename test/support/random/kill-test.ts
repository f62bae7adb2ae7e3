/** Creates, updates and deletes a project, with a kill at each request that changes its engine. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { BedHost } from "../bed/bed-engine.js";
import type { ComposeFolder, ComposeFolderOptions } from "../cli/compose-folder.js";
import { FaultProxy } from "../servers/fault-proxy.js";
import { type ContainerInfo, containersOf, engine, networksLeft, removeProject } from "../bed/http-engine.js";
import { allGone, kill, processesWith, providersWith } from "../cli/processes.js";

interface UsedBed {
  host(name: string): BedHost;
  folder(name: string, options?: ComposeFolderOptions): ComposeFolder;
}

export const killTargets = ["the provider", "the CLI", "all processes", "the engine"] as const;
export type KillTarget = (typeof killTargets)[number];

type Report = (text: string) => void;

type Container = ContainerInfo & { Mounts: { Name?: string; Destination: string }[] };

/** One project on its own engine, behind a proxy that triggers the kill. */
export class KillTest {
  private version = 1;
  private order = "start-first";
  /** Volumes that were on the engine before. */
  private others = new Set<string>();

  private constructor(
    private readonly host: BedHost,
    private readonly proxy: FaultProxy,
    private readonly shop: ComposeFolder,
    private readonly report: Report,
  ) {}

  static async start(bed: UsedBed, name: string, report: Report): Promise<KillTest> {
    const host = bed.host(name);
    const proxy = await FaultProxy.to(host);
    const shop = bed.folder("kill", { env: { DOCKER_HOST: proxy.address } });
    const killTest = new KillTest(host, proxy, shop, report);
    killTest.write();
    const { Volumes } = await engine<{ Volumes: { Name: string }[] | null }>(host, "GET", "/volumes");
    killTest.others = new Set((Volumes ?? []).map(({ Name }) => Name));
    return killTest;
  }

  async close(): Promise<void> {
    await this.proxy.close();
  }

  /** `every`: tests only each n-th request; 1 tests all. */
  async creation(target: KillTarget, every = 1): Promise<void> {
    await this.clear();
    const moments = await this.record("up");
    await this.eachMoment(moments, every, async (at, done) => {
      await this.clear();
      await this.killedRun(["up"], { target, at, done });
      await this.assertConverges();
    });
  }

  async roll(target: KillTarget, order: "start-first" | "stop-first", every = 1): Promise<void> {
    await this.clear();
    this.order = order;
    this.write();
    await this.shop.mustCli("up");
    this.edit();
    const moments = await this.record("up");
    await this.eachMoment(moments, every, async (at, done) => {
      const before = await this.containers();
      this.edit();
      await this.killedRun(["up"], { target, at, done });
      await this.assertNothingLost(before);
      await this.assertConverges();
      assert.deepEqual(
        await this.anonymousVolumes(),
        volumesAt(before, "/own"),
        "anonymous volumes are kept",
      );
    });
  }

  async deletion(target: KillTarget, every = 1): Promise<void> {
    await this.clear();
    await this.shop.mustCli("up");
    const moments = await this.record("down");
    await this.eachMoment(moments, every, async (at, done) => {
      await this.shop.mustCli("up");
      await this.killedRun(["down"], { target, at, done });
      await this.shop.mustCli("down");
      assert.deepEqual(await this.leftovers([]), [], "nothing is left behind by the next `down`");
      assert.ok(await this.hasData(), "the named volume is kept");
    });
    // `up` must also repair a project that is removed only partly.
    await this.shop.mustCli("up");
    await this.killedRun(["down"], { target, at: Math.ceil(moments.length / 2), done: true });
    await this.assertConverges({ removed: true });
  }

  private async record(command: string): Promise<string[]> {
    this.proxy.arm();
    await this.shop.mustCli(command);
    return [...this.proxy.changes];
  }

  private async eachMoment(
    moments: string[],
    every: number,
    visit: (at: number, done: boolean) => Promise<void>,
  ): Promise<void> {
    for (const [index, moment] of moments.entries()) {
      if (index % every !== 0) continue;
      for (const done of [false, true]) {
        const at = `${done ? "after" : "before"} ${index + 1} of ${moments.length} (about ${moment})`;
        try {
          await visit(index + 1, done);
        } catch (error) {
          throw new Error(`killed ${at}: ${(error as Error).message}`, { cause: error });
        }
        this.report(at);
      }
    }
  }

  private async killedRun(
    args: string[],
    { target, at, done }: { target: KillTarget; at: number; done: boolean },
  ): Promise<void> {
    const [program, ...first] = this.shop.launcher;
    const trigger = async () => {
      if (target === "the engine") await this.host.kill();
      else if (target === "all processes") kill(processesWith(this.shop.home).map(({ pid }) => pid));
      else kill(target === "the CLI" ? [child.pid!] : providersWith(this.shop.home));
    };
    this.proxy.arm({ at, done, trigger });
    const { folder: cwd, env } = this.shop;
    const child = spawn(program!, [...first, ...args], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    const code = await new Promise((resolve) => child.on("exit", resolve));
    const triggered = await this.proxy.hasTriggered();
    if (triggered) assert.notEqual(code, 0, `a killed run reports success:\n${output}`);
    if (!triggered) this.report(`request ${at} did not come this time`);
    await allGone(this.shop.home);
    this.proxy.arm();
    if (target === "the engine") await this.host.restart();
  }

  /** Asserts that each replica exists, old or new, and the named volume. */
  private async assertNothingLost(before: Container[]): Promise<void> {
    const there = await this.containers();
    const replicas = (containers: Container[]) => [
      ...new Set(
        containers.map(({ Config: { Labels } }) =>
          ["service", "container-number"].map((key) => Labels[`com.docker.compose.${key}`]).join(" "),
        ),
      ),
    ];
    assert.deepEqual(replicas(there).sort(), replicas(before).sort(), "each replica exists, old or new");
    assert.ok(await this.hasData(), "the named volume is there");
  }

  /**
   * Asserts that the next `up` completes the deployment. `removed`: some containers were removed without replacement.
   */
  private async assertConverges({ removed = false } = {}): Promise<void> {
    const numbers = this.numbersToCome(await this.containers());
    await this.shop.mustCli("up");
    const { project } = this.shop;
    const names = [`${project}-db-1`, ...numbers.map((number) => `${project}-web-${number}`)];
    const found = await this.containers();
    const wanted = names.map((name) => [name, "running", `VERSION=${this.version}`]);
    assert.deepEqual(
      found.map(({ Name, State, Config }) => [
        Name,
        State.Status,
        Config.Env.find((entry) => entry.startsWith("VERSION")),
      ]),
      wanted,
    );
    assert.deepEqual(await this.leftovers(found, removed), []);
    assert.match(await this.shop.mustCli("up"), /Nothing to do/);
  }

  /**
   * Returns the replicas' numbers after the next `up`. Existing containers keep theirs; a new one gets the number
   * after the highest, as with docker compose.
   */
  private numbersToCome(standing: Container[]): number[] {
    const numbers = new Set(
      standing
        .map(({ Config: { Labels } }) => Labels)
        .filter((labels) => labels["com.docker.compose.service"] === "web")
        .map((labels) => Number(labels["com.docker.compose.container-number"])),
    );
    while (numbers.size < 2) numbers.add(Math.max(0, ...numbers) + 1);
    return [...numbers].sort();
  }

  /** Returns leftover anonymous volumes, volumes of files, networks and containers. */
  private async leftovers(containers: Container[], removed = containers.length === 0): Promise<string[]> {
    const used = new Set(containers.flatMap(({ Mounts }) => Mounts.map(({ Name }) => Name)));
    const { Volumes } = await engine<{ Volumes: { Name: string }[] | null }>(this.host, "GET", "/volumes");
    const data = `${this.shop.project}_data`;
    const networks = containers.length > 0 ? [] : await networksLeft(this.host, this.shop.project);
    const gone = containers.length > 0 ? [] : await this.containers();
    // The anonymous volumes of removed containers are kept, as with docker compose.
    const anonymous = /^[0-9a-f]{64}$/;
    const volumes = (Volumes ?? [])
      .map(({ Name }) => Name)
      .filter((name) => name !== data && !used.has(name) && !this.others.has(name))
      .filter((name) => !removed || !anonymous.test(name));
    return [...volumes, ...networks, ...gone.map(({ Name }) => Name)];
  }

  private async hasData(): Promise<boolean> {
    const { Volumes } = await engine<{ Volumes: { Name: string; CreatedAt: string }[] | null }>(
      this.host,
      "GET",
      "/volumes",
    );
    return (Volumes ?? []).some(({ Name }) => Name === `${this.shop.project}_data`);
  }

  private async anonymousVolumes(): Promise<(string | undefined)[]> {
    return volumesAt(await this.containers(), "/own");
  }

  private async containers(): Promise<Container[]> {
    return (await containersOf(this.host, this.shop.project)) as Container[];
  }

  private async clear(): Promise<void> {
    // Processes of a failed scenario must not disturb the next one.
    kill(processesWith(this.shop.home).map(({ pid }) => pid));
    this.proxy.arm();
    await this.shop.mustCli("down");
    await removeProject(this.host, this.shop.project);
    // Removes the anonymous volumes of removed containers.
    await engine(this.host, "POST", "/volumes/prune");
  }

  private edit(): void {
    this.version++;
    this.write();
  }

  private write(): void {
    const service = {
      ...{ image: "k2-test/busybox:1", command: "sleep 3600", stop_signal: "SIGKILL" },
      environment: { VERSION: String(this.version) },
      deploy: { update_config: { order: this.order, monitor: "300ms", parallelism: 1 } },
    };
    const text = {
      services: {
        db: { ...service, volumes: ["data:/data"], read_only: true, secrets: ["key"] },
        web: { ...service, scale: 2, volumes: ["/own"], configs: ["settings"], depends_on: ["db"] },
      },
      volumes: { data: {} },
      configs: { settings: { content: `config ${this.version}` } },
      secrets: { key: { file: "./secret.txt" } },
    };
    this.shop.write("compose.yml", JSON.stringify(text));
    this.shop.write("secret.txt", `secret ${this.version}`);
  }
}

function volumesAt(containers: Container[], path: string): (string | undefined)[] {
  return containers.map(({ Mounts }) => Mounts.find(({ Destination }) => Destination === path)?.Name);
}
