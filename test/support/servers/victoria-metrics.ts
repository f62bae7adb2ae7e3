import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../free-port.js";
import { victoriaMetrics } from "../scripts.js";

const program = await victoriaMetrics(() => undefined).catch(() => undefined);

/** Returns the reason why this machine has no VictoriaMetrics. */
export function victoriaMissing(): string | undefined {
  return program ? undefined : "SKIPPED: no victoria-metrics (npm test takes it from Debian's packages)";
}

/** A series of an answer; values are [seconds, value]. */
export interface Series {
  metric: Record<string, string>;
  values: [number, number][];
}

/** A real metrics database, reachable from this machine only. Its data survive a `kill`. */
export class Victoria {
  private readonly folder = mkdtempSync(join(tmpdir(), "k2-victoria-"));
  private child: ChildProcess | undefined;
  private ended = Promise.resolve();

  private constructor(
    private readonly http: string,
    /** The address for OpenTSDB's telnet protocol and HTTP. */
    readonly opentsdb: string,
  ) {}

  static async start(): Promise<Victoria> {
    const [http, opentsdb] = [await freePort("127.0.0.1"), await freePort("127.0.0.1")];
    const victoria = new Victoria(`127.0.0.1:${http}`, `127.0.0.1:${opentsdb}`);
    await victoria.restart();
    return victoria;
  }

  async restart(): Promise<void> {
    const logFile = join(this.folder, "log");
    const log = openSync(logFile, "a");
    const child = spawn(
      program!,
      [
        `-httpListenAddr=${this.http}`,
        `-opentsdbListenAddr=${this.opentsdb}`,
        `-storageDataPath=${join(this.folder, "data")}`,
        ...["-memory.allowedBytes=64MiB", "-search.latencyOffset=0s", "-search.disableCache"],
        // Points that are sent again after a lost answer count once, as with OpenTSDB.
        "-dedup.minScrapeInterval=1ms",
      ],
      { stdio: ["ignore", log, log], env: {} },
    );
    this.child = child;
    this.ended = new Promise((resolve) => child.on("close", () => resolve()));
    for (const deadline = Date.now() + 60_000; Date.now() < deadline && child.exitCode === null;) {
      if (await fetch(`http://${this.http}/health`).catch(() => undefined)) return;
      await sleep(50);
    }
    throw new Error(`victoria-metrics does not start:\n${readFileSync(logFile, "utf8")}`);
  }

  /** Stops the database after it has stored the received points. */
  async kill(): Promise<void> {
    this.child?.kill("SIGTERM");
    await this.ended;
  }

  /** Accepts connections and answers nothing, until `thaw`. */
  freeze(): void {
    this.child?.kill("SIGSTOP");
  }

  thaw(): void {
    this.child?.kill("SIGCONT");
  }

  /** Queries a range as Grafana does: times in seconds, one value per `step` seconds. */
  async range(expr: string, start: number, end: number, step: number): Promise<Series[]> {
    const query = new URLSearchParams({
      query: expr.replaceAll("$__rate_interval", "1m"),
      ...{ start: String(start), end: String(end), step: `${step}s`, nocache: "1" },
    });
    const found = await this.ask<{
      data: { result: { metric: Record<string, string>; values: [number, string][] }[] };
    }>(`/api/v1/query_range?${query}`);
    return found.data.result.map(({ metric, values }) => ({
      metric,
      values: values.map(([at, value]) => [at, Number(value)]),
    }));
  }

  /** Returns the stored points of one metric: [seconds, value]. */
  async stored(name: string): Promise<Series[]> {
    const query = new URLSearchParams({ "match[]": `{__name__="${name}"}` });
    const text = await (await this.fetch(`/api/v1/export?${query}`)).text();
    return text
      .split("\n")
      .filter(Boolean)
      .map((line) => {
        const { metric, values, timestamps } = JSON.parse(line) as Exported;
        return { metric, values: values.map((value, at) => [timestamps[at]! / 1000, value]) };
      });
  }

  /** Imports a text as if Prometheus had scraped it at that second. */
  async scraped(text: string, at: number): Promise<void> {
    await this.fetch(`/api/v1/import/prometheus?timestamp=${at * 1000}`, { method: "POST", body: text });
  }

  async close(): Promise<void> {
    this.thaw();
    this.child?.kill("SIGKILL");
    await this.ended;
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async ask<T>(path: string): Promise<T> {
    return (await (await this.fetch(path)).json()) as T;
  }

  private async fetch(path: string, init?: RequestInit): Promise<Response> {
    // Received points become visible to queries only after a flush.
    await fetch(`http://${this.http}/internal/force_flush`);
    const answer = await fetch(`http://${this.http}${path}`, init);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  }
}

interface Exported {
  metric: Record<string, string>;
  values: number[];
  timestamps: number[];
}
