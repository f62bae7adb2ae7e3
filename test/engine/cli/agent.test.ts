import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Point } from "../../../cli/agent/metrics-points.js";
import { type Bed, bedMissing, modernMissing, startBed } from "../../support/bed/bed.js";
import { CliChild } from "../../support/cli/cli-child.js";
import { composeMissing, dockerCompose } from "../../support/docker-compose/docker-compose.js";
import { type ContainerInfo, containersOf, engine, removeProject } from "../../support/bed/http-engine.js";
import { Victoria, victoriaMissing } from "../../support/servers/victoria-metrics.js";

/** One run of the command as a user starts it, while hosts, containers and the database fail and return. */
describe(
  "the agent during failures of a host, a container and its database",
  { skip: bedMissing() ?? composeMissing() ?? victoriaMissing() ?? false },
  () => {
    const folder = mkdtempSync(join(tmpdir(), "k2agent"));
    const project = basename(folder).toLowerCase();
    let bed: Bed;
    let victoria: Victoria;
    let agent: Agent;
    /** When the database was unreachable, in seconds. */
    const away = { from: 0, to: 0 };
    // No other test uses the first engine, because this test kills it.
    const [first, second] = ["ag", modernMissing() ? "b" : "m"];
    const compose = async (host: string, ...args: string[]) => {
      const { code, stderr } = await dockerCompose(bed.hosts[host]!, args, { cwd: folder });
      assert.equal(code, 0, stderr);
    };

    before(async () => {
      victoria = await Victoria.start();
      bed = await startBed({
        hosts: [first],
        ...(second === "m" ? { modern: ["m"] } : { hosts: [first, second] }),
      });
      writeFileSync(join(folder, "compose.yml"), composeFile(project, bed, [first, second]));
      await compose(first, "up", "-d", "web");
      await compose(second, "up", "-d", "db");
      const options = ["--prefix", "gw", "--interval", "1", "--datasource", "prometheus"];
      agent = new Agent(folder, ["--opentsdb-http", victoria.opentsdb, ...options]);
    });
    after(async () => {
      await agent?.close();
      await victoria?.close();
      for (const host of Object.values(bed?.hosts ?? {})) await removeProject(host, project);
      await bed?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    it("must report both hosts, figures and checks", async () => {
      // The figures of the two hosts may arrive in different measurements.
      const points = await agent.until(
        (points) =>
          valueOf(points, "containers.db.cpu_percent") !== undefined &&
          valueOf(points, "containers.web")! >= 0 &&
          valueOf(points, "containers.web.cpu_percent")! > 5,
      );
      assert.equal(valueOf(points, `hosts.${first}`), 1);
      assert.equal(valueOf(points, `hosts.${second}`), 1);
      assert.ok(valueOf(points, "containers.db")! < 0 && valueOf(points, "containers.db")! > -20001);
      assert.equal(valueOf(points, "containers.missing"), -20002);
      assert.ok(Number.isInteger(valueOf(points, "containers.web.mem_usage")));
      assert.equal(valueOf(points, "containers.web.mem_limit"), 64);
    });

    it("must lose no measurement while the database is unreachable", async () => {
      away.from = Date.now() / 1000;
      await victoria.kill();
      await agent.untilMessage(/send failed: .* \(([3-9]|\d\d+) measurements kept\)/);
      away.to = Date.now() / 1000;
      await victoria.restart();
      await agent.until(() => true);
    });

    it("must measure scaled, recreated and restarted containers", async () => {
      await compose(first, "up", "-d", "--scale", "web=2", "web");
      await agent.until((points) => (valueOf(points, "containers.web_2.cpu_percent") ?? 0) > 5);
      await compose(first, "up", "-d", "--scale", "web=1", "--force-recreate", "web");
      await agent.until(
        (points) =>
          valueOf(points, "containers.web_2") === undefined &&
          (valueOf(points, "containers.web.cpu_percent") ?? 0) > 5,
      );
      const [{ Id }] = (await containersOf(bed.hosts[second]!, project)) as [ContainerInfo];
      await engine(bed.hosts[second]!, "POST", `/containers/${Id}/stop?t=0`);
      await agent.until((points) => valueOf(points, "containers.db") === -20001);
      await engine(bed.hosts[second]!, "POST", `/containers/${Id}/start`);
      await agent.until((points) => valueOf(points, "containers.db.mem_usage") !== undefined);
    });

    it("must continue after an engine was unreachable", async () => {
      await bed.hosts[first]!.kill();
      const seen = await agent.until((points) => valueOf(points, `hosts.${first}`) === 0);
      assert.deepEqual(
        [
          valueOf(seen, "containers.web"),
          valueOf(seen, "containers.web.mem_usage"),
          valueOf(seen, `hosts.${second}`),
        ],
        [-20002, undefined, 1],
      );
      await bed.hosts[first]!.restart();
      await agent.until((points) => valueOf(points, `hosts.${first}`) === 1);
      // The containers died with their engine.
      await compose(first, "up", "-d", "web");
      await agent.until((points) => valueOf(points, "containers.web.mem_usage") !== undefined);
    });

    it("must send everything before it ends at Ctrl-C", async () => {
      assert.equal(await agent.interrupt(), 130);
      const measurements = agent.measurements;
      assert.ok(measurements.length >= 10);
      const times = measurements.map(([point]) => point!.timestamp);
      const meanwhile = times.filter((time) => time >= away.from && time <= away.to);
      assert.ok(
        meanwhile.length >= 2,
        `measurements while the database was unreachable, of: ${times.join()}`,
      );
      for (const metric of [`hosts.${first}`, "containers.web"]) {
        const [series] = await victoria.stored(`gw.${stripped(project)}.${metric}`);
        // The database keeps one value a second. A late measurement may share its second with the next one.
        const sent = new Map<number, (number | undefined)[]>();
        for (const points of measurements) {
          const time = points[0]!.timestamp;
          sent.set(time, [...(sent.get(time) ?? []), valueOf(points, metric)]);
        }
        assert.deepEqual(
          series!.values.map(([time]) => time).sort((a, b) => a - b),
          [...sent.keys()],
        );
        for (const [time, value] of series!.values)
          assert.ok(sent.get(time)!.includes(value), `${metric} at ${time} is ${value}`);
      }
    });

    it("must have written a dashboard in which every panel shows data", async () => {
      const { panels } = JSON.parse(readFileSync(join(folder, "dashboard.json"), "utf8")) as {
        panels: Panel[];
      };
      const now = Math.floor(Date.now() / 1000);
      for (const { title, targets = [] } of panels)
        for (const { expr } of targets as unknown as { expr: string }[]) {
          const found = await victoria.range(expr, now - 300, now, 5);
          const isNowhere = /^missing: (memory|CPU)/.test(title!);
          assert.equal(found.length > 0, !isNowhere, `${title}: ${expr}`);
        }
    });
  },
);

class Agent extends CliChild {
  constructor(cwd: string, options: string[]) {
    super(cwd, ["agent", ...options]);
  }

  /** All measurements sent so far. */
  get measurements(): Point[][] {
    const lines = this.printed.stdout.split("\n").filter((line) => line.startsWith("send success "));
    return lines.map((line) => JSON.parse(line.slice("send success ".length)) as Point[]);
  }

  /** Waits for a measurement, sent from now on, that satisfies the condition. */
  async until(is: (points: Point[]) => boolean): Promise<Point[]> {
    const before = this.measurements.length;
    return this.waitFor(() => this.measurements.slice(before).find(is), is.toString());
  }

  async untilMessage(pattern: RegExp): Promise<void> {
    await this.waitFor(() => pattern.exec(this.printed.stderr), pattern.toString());
  }
}

function stripped(project: string): string {
  return project.replaceAll(/[^a-z0-9]/g, "");
}

function valueOf(points: Point[], name: string): number | undefined {
  return points.find(({ metric }) => metric.split(".").slice(2).join(".") === name)?.value;
}

/** With the x- prefix, docker compose ignores k2-compose's attributes. */
function composeFile(project: string, { hosts }: Bed, [first, second]: string[]): string {
  const addresses = { [first!]: hosts[first!]!.address, [second!]: hosts[second!]!.address };
  const image = "k2-test/busybox:1";
  return JSON.stringify({
    name: project,
    "x-hosts": addresses,
    services: {
      web: {
        ...{ image, command: "sh -c 'while :; do :; done'", stop_signal: "SIGKILL" },
        ...{ deploy: { resources: { limits: { cpus: "0.2", memory: "64m" } } } },
        ...{ "x-host": first, "x-health-check": { shell: "exit 0" } },
      },
      db: {
        ...{ image, command: "sleep 3600", stop_signal: "SIGKILL" },
        ...{ "x-host": second, "x-health-check": { shell: "exit 1" } },
      },
      missing: { image, "x-host": second },
    },
  });
}
